namespace NodeDns.Corefile;

/// <summary>pprof: accepted, does nothing but warn. The .NET runtime has its own ways to look inside.</summary>
public sealed record PprofConfig : DirectiveConfig;

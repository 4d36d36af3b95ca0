namespace NodeDns.Corefile;

/// <summary>pprof: accepted with a warning, without any effect. .NET has its own diagnostic tools.</summary>
public sealed record PprofConfig : DirectiveConfig;

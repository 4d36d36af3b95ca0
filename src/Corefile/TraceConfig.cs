namespace NodeDns.Corefile;

/// <summary>trace: accepted with a warning, without any effect.</summary>
public sealed record TraceConfig : DirectiveConfig;

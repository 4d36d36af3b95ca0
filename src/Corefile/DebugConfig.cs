namespace NodeDns.Corefile;

/// <summary>debug: logs debug messages.</summary>
public sealed record DebugConfig : DirectiveConfig;

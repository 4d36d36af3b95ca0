namespace NodeDns.Corefile;

/// <summary>debug: log debug messages.</summary>
public sealed record DebugConfig : DirectiveConfig;

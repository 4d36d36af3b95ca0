namespace NodeDns.Corefile;

/// <summary>trace: accepted, does nothing but warn.</summary>
public sealed record TraceConfig : DirectiveConfig;

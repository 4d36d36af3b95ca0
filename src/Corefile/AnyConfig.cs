namespace NodeDns.Corefile;

/// <summary>any: ANY questions get one HINFO (RFC 8482).</summary>
public sealed record AnyConfig : DirectiveConfig;

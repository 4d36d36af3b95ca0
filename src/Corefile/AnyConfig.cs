namespace NodeDns.Corefile;

/// <summary>any: answers ANY queries with a single HINFO record (RFC 8482).</summary>
public sealed record AnyConfig : DirectiveConfig;

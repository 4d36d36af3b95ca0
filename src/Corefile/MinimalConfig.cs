namespace NodeDns.Corefile;

/// <summary>minimal: removes the authority and additional sections where a client does not need them.</summary>
public sealed record MinimalConfig : DirectiveConfig;

namespace NodeDns.Corefile;

/// <summary>minimal: authority and additional sections are left out where the answer does not need them.</summary>
public sealed record MinimalConfig : DirectiveConfig;

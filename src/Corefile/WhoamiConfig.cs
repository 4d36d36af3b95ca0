namespace NodeDns.Corefile;

/// <summary>whoami: the reply's additional section says who asked, from which port and how.</summary>
public sealed record WhoamiConfig : DirectiveConfig;

namespace NodeDns.Corefile;

/// <summary>whoami: tells the client its address, port and protocol in the reply's additional section.</summary>
public sealed record WhoamiConfig : DirectiveConfig;

using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Installed;

/// <summary>The settings of a release.</summary>
/// <param name="Settings">By these pods are decided.</param>
/// <param name="ReadsNamespaces">Annotations of namespaces count (selection.namespaceSettings), and not only labels.</param>
/// <param name="Note">What the user should know about where they are from; null when they are all that is in force.</param>
internal sealed record Deployed(InjectionSettings Settings, bool ReadsNamespaces, string? Note);

namespace NodeDns.Injection.Decide;

/// <summary>The dnsConfig that a pod gets. Its dnsPolicy becomes None.</summary>
public sealed record DnsPlan
{
    public required IReadOnlyList<string> Nameservers { get; init; }

    public required IReadOnlyList<string> Searches { get; init; }

    public required IReadOnlyList<ResolverOption> Options { get; init; }

    public required Fallback Fallback { get; init; }

    /// <summary>The status annotation; null when the pod's annotations leave no room for it.</summary>
    public string? Status { get; init; }
}

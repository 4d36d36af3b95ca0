namespace NodeDns.Injection.Decide;

/// <summary>The dnsConfig that a pod gets, with dnsPolicy None.</summary>
public sealed record DnsPlan
{
    public required IReadOnlyList<string> Nameservers { get; init; }

    public required IReadOnlyList<string> Searches { get; init; }

    public required IReadOnlyList<ResolverOption> Options { get; init; }

    public required Fallback Fallback { get; init; }

    /// <summary>The annotation that goes with it; null when the pod's annotations leave no room.</summary>
    public string? Status { get; init; }
}

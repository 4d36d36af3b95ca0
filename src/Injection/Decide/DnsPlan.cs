using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>The dnsConfig that a pod gets, with dnsPolicy None.</summary>
public sealed record DnsPlan
{
    public required IReadOnlyList<string> Nameservers { get; init; }

    public required IReadOnlyList<string> Searches { get; init; }

    public required IReadOnlyList<ResolverOption> Options { get; init; }

    public required Fallback Fallback { get; init; }

    /// <summary>The pod's own dnsConfig, for members that this version does not know; an object, or absent.</summary>
    public JsonView Original { get; init; }

    /// <summary>The encoded patch, for a plan that serves many pods: one for each of the three shapes of metadata
    /// that a patch distinguishes. Any thread may fill a slot; two that do write the same bytes.</summary>
    public byte[]?[]? Encoded { get; init; }
}

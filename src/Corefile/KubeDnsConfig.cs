using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>The part of the kube-dns ConfigMap that this cache uses.</summary>
public sealed record KubeDnsConfig
{
    /// <summary>node-cache's limit for upstreamNameservers.</summary>
    public const int UpstreamNameserversMaximum = 3;

    public static readonly KubeDnsConfig Empty = new();

    /// <summary>The valid stub domains, in the order of the ConfigMap.</summary>
    public ImmutableArray<StubDomain> StubDomains { get; init; } = [];

    /// <summary>The valid servers, in the form that forward expects
    /// (<see cref="PillarValues.UpstreamServers"/>).</summary>
    public ImmutableArray<string> UpstreamNameservers { get; init; } = [];
}

/// <param name="Domain">Lower case, with the final dot.</param>
/// <param name="Servers">The servers; never empty.</param>
public sealed record StubDomain(string Domain, ImmutableArray<UpstreamAddress> Servers, SourceLine At);

using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>The kube-dns ConfigMap: what of it this cache uses.</summary>
public sealed record KubeDnsConfig
{
    /// <summary>node-cache's bound on upstreamNameservers.</summary>
    public const int UpstreamNameserversMaximum = 3;

    public static readonly KubeDnsConfig Empty = new();

    /// <summary>Only the valid ones, in the order written.</summary>
    public ImmutableArray<StubDomain> StubDomains { get; init; } = [];

    /// <summary>Only the valid ones, as forward takes them: for <see cref="PillarValues.UpstreamServers"/>.</summary>
    public ImmutableArray<string> UpstreamNameservers { get; init; } = [];
}

/// <param name="Domain">Lower case with the final dot.</param>
/// <param name="Servers">Never empty.</param>
public sealed record StubDomain(string Domain, ImmutableArray<UpstreamAddress> Servers, SourceLine At);

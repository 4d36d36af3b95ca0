namespace NodeDns.Bench.Peers;

/// <summary>One server under test: how it is started so that it listens on 127.0.0.1, asks
/// <see cref="Lab.Ports.ClusterDns"/> for cluster.local and <see cref="Lab.Ports.Stub"/> for everything else.</summary>
/// <param name="Key">The name in results.json.</param>
/// <param name="Program">The program's path; null when it is not installed.</param>
/// <param name="Setting">What a reader must know of its configuration, for the page.</param>
internal sealed record Peer(string Key, string Title, string? Program, string Setting)
{
    public const string Ours = "node-dns-cache", Floor = "c-cache", Echo = "c-echo", Unbound = "unbound", Dnsdist = "dnsdist", NodeCache = "node-cache";

    public required int Port { get; init; }

    /// <summary>Arguments, given the folder that holds <see cref="Files"/>.</summary>
    public required Func<string, string[]> Arguments { get; init; }

    public Dictionary<string, string> Files { get; init; } = [];

    /// <summary>Whether it makes up its answers instead of asking for them.</summary>
    public bool IsFloor { get; init; }

    /// <summary>Whether it can be told to ask cluster DNS over TCP, as the node-local Corefile does.</summary>
    public bool ForcesTcp { get; init; }

    /// <summary>Least number of records in an answer: the echo has none.</summary>
    public int Records { get; init; } = 1;

    /// <summary>Where Prometheus metrics are, for the cache's own counters; null when there are none.</summary>
    public int? MetricsPort { get; init; }
}

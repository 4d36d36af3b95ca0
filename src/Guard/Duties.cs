namespace NodeDns.Guard;

/// <summary>What the guard does, for each state and each level of trust in the cache. docs/guard.md shows the same
/// table.</summary>
/// <remarks>One duty is not listed because it applies in every state: a socket that nobody else reads is relayed
/// (<see cref="GuardMachine.IsRead"/>).</remarks>
internal readonly record struct Duties
{
    /// <summary>Sockets that the cache says it reads count as read, so they are not relayed.</summary>
    public bool CacheReads { get; init; }

    /// <summary>Waiting caches are given the sockets.</summary>
    public bool Admits { get; init; }

    /// <summary>This guard reconciles link, addresses and rules, and listens for the next pod's guard.</summary>
    public bool KeepsNode { get; init; }

    /// <summary>Queries to intercepted ClusterIPs are answered here; if false, kube-proxy handles them.</summary>
    public bool Intercepts { get; init; }

    /// <summary>What /readyz says; null when the guard is ready.</summary>
    public string? NotReady { get; init; }

    public static Duties Of(GuardState state, CacheTrust trust) => (state, trust) switch
    {
        (GuardState.Claiming, _) => new() { Intercepts = true, NotReady = "no cache is serving: the sockets are being claimed" },
        (GuardState.Guarding, CacheTrust.Absent) => s_guarding with { NotReady = "no cache is serving" },
        (GuardState.Guarding, CacheTrust.Fresh) => s_guarding with
        {
            CacheReads = true,
            NotReady = "no lookup through the local address has been answered yet",
        },
        (GuardState.Guarding, CacheTrust.Serving) => s_guarding with { CacheReads = true },
        (GuardState.Guarding, CacheTrust.Hung) => s_guarding with { NotReady = "the cache is hung" },
        (GuardState.Guarding, CacheTrust.Distrusted) => s_guarding with { NotReady = "the cache answers wrongly" },
        (GuardState.Guarding, CacheTrust.Crashed) => s_guarding with
        {
            Admits = false,
            Intercepts = false,
            NotReady = "the cache dies again and again",
        },
        (GuardState.Relieved, CacheTrust.Distrusted) => new()
        {
            Intercepts = true,
            NotReady = "no cache is serving: it answers wrongly, and the old pod has the node again",
        },
        (GuardState.Relieved, _) => new() { Intercepts = true, NotReady = "no cache is serving: another pod's guard has the node" },
        (GuardState.Stopping, _) => new() { NotReady = "no cache is serving: the guard is stopping" },
        _ => throw new ArgumentOutOfRangeException(nameof(state), $"{state}, {trust}"),
    };

    private static readonly Duties s_guarding = new() { Admits = true, KeepsNode = true, Intercepts = true };
}

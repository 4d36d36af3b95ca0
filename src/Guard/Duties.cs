namespace NodeDns.Guard;

/// <summary>What a guard does in a state, by how far it trusts its cache: the whole table, which docs/guard.md shows.</summary>
/// <remarks>One duty is in no column because it never rests: a socket that nobody else reads is relayed
/// (<see cref="GuardMachine.IsRead"/>), in every state.</remarks>
internal readonly record struct Duties
{
    /// <summary>What the cache has said that it reads counts as read.</summary>
    public bool CacheReads { get; init; }

    /// <summary>Caches that wait are given the sockets.</summary>
    public bool Admits { get; init; }

    /// <summary>Link, addresses and rules are this guard's to reconcile, and the next guard is listened for.</summary>
    public bool KeepsNode { get; init; }

    /// <summary>Intercepted ClusterIPs are answered here; else they are kube-proxy's.</summary>
    public bool Intercepts { get; init; }

    /// <summary>What /readyz says; null: ready.</summary>
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

using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Cache.Upstream;

/// <summary>One <c>forward</c> directive, validated. The composition root makes it from the Corefile.</summary>
internal sealed record ForwardOptions
{
    /// <summary>CoreDNS's bound; also what fits a <see cref="ServerOrder"/>.</summary>
    public const int ServersMaximum = 15;

    /// <summary>CoreDNS's default: three probes in a row must fail.</summary>
    public const int MaxFailsDefault = 2;

    /// <summary>Below every server's own idle limit (CoreDNS: 10 s), so that we close first; CoreDNS's
    /// default.</summary>
    public static readonly TimeSpan ExpireDefault = TimeSpan.FromSeconds(10);

    /// <summary>A Service's endpoint is chosen when a connection opens: within this time we have left removed cluster
    /// DNS pods and found new ones. It costs one handshake a connection and minute. CoreDNS has no limit, which its
    /// users report as stuck and unbalanced upstreams.</summary>
    public static readonly TimeSpan MaxAgeDefault = TimeSpan.FromSeconds(60);

    /// <summary>glibc and musl give a query up after 5 s. Failing 600 ms before that leaves time for a stale answer or
    /// SERVFAIL to reach a client that is still there.</summary>
    public static readonly TimeSpan DeadlineDefault = TimeSpan.FromMilliseconds(4400);

    public static readonly TimeSpan DeadlineMinimum = TimeSpan.FromMilliseconds(100);

    /// <summary>With every server known to be down a query is only a further probe: it must not hold its client for the
    /// whole deadline.</summary>
    public static readonly TimeSpan DeadlineWhenDownDefault = TimeSpan.FromMilliseconds(1500);

    /// <summary>A cold name costs a recursing server tens to hundreds of ms: asking twice earlier than this would
    /// double its load to gain nothing.</summary>
    public static readonly TimeSpan RetryFloorDefault = TimeSpan.FromMilliseconds(200);

    /// <summary>One lost datagram must stay well below a client's own retry; unbound's first retry is at 376
    /// ms.</summary>
    public static readonly TimeSpan RetryUnknownDefault = TimeSpan.FromMilliseconds(400);

    /// <summary>A server that is known to be slow is not asked twice for being so; but a lost datagram must leave time
    /// for a second one within a query's deadline.</summary>
    public static readonly TimeSpan RetryCeilingDefault = TimeSpan.FromMilliseconds(2000);

    /// <summary>CoreDNS serves one connection serially, so parallel connections, not deep pipelines, carry the load;
    /// more than this many measured no gain (8: 18.3 CPU-µs a miss at 16 in flight, 2: 20.8).</summary>
    public const int ConnectionsDefault = 8;

    /// <summary>Opened only when every other connection is stalled or full: slow names then cannot hold up the
    /// rest.</summary>
    public const int ConnectionsMaximum = 64;

    /// <summary>Queries on one connection before another is opened.</summary>
    public const int PipelineDefault = 64;

    /// <summary>A blind attacker gets this many guesses of 65,536 at a query whose port it already knows; then the
    /// query moves to TCP (RFC 5452 section 9.2).</summary>
    public const int MismatchesDefault = 3;

    public required ImmutableArray<UpstreamEndpoint> Servers { get; init; }

    public SelectionPolicy Policy { get; init; } = SelectionPolicy.Random;

    /// <summary>TCP whatever the client used; wins over <see cref="PreferUdp"/>.</summary>
    public bool ForceTcp { get; init; }

    /// <summary>UDP whatever the client used.</summary>
    public bool PreferUdp { get; init; }

    /// <summary>Idle time after which a connection is closed.</summary>
    public TimeSpan Expire { get; init; } = ExpireDefault;

    /// <summary>Age after which a connection takes no more queries; zero: never. Null: the default, but never less than
    /// <see cref="Expire"/>.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Idle connections kept for each server and worker; 0: no limit but <see cref="Expire"/>.</summary>
    public int MaxIdleConnections { get; init; }

    /// <summary>Failed probes in a row that a server survives; 0: no probes, never down.</summary>
    public int MaxFails { get; init; } = MaxFailsDefault;

    /// <summary>Attempts one query may start; null: twice the servers, at least three. 0: only time limits
    /// them.</summary>
    public int? MaxConnectAttempts { get; init; }

    /// <summary>What one attempt waits for its answer; null: until the query's deadline.</summary>
    public TimeSpan? ReadTimeout { get; init; }

    /// <summary>Queries under way in all workers together; 0: no limit.</summary>
    public int MaxConcurrent { get; init; }

    public HealthCheckOptions HealthCheck { get; init; } = new();

    /// <summary>Rcodes after which another server of this forward is asked.</summary>
    public RcodeSet Failover { get; init; }

    /// <summary>Rcodes after which the next forward of the block is asked; see
    /// <see cref="ReplyCheck.WantsNext"/>.</summary>
    public RcodeSet Next { get; init; }

    /// <summary>NOERROR with an empty answer section also goes on to the next forward.</summary>
    public bool NextOnNodata { get; init; }

    /// <summary>With every server down, fail at once instead of trying one at random.</summary>
    public bool FailfastAllUnhealthy { get; init; }

    public UpstreamTls? Tls { get; init; }

    /// <summary>The address queries leave from; null: the kernel's choice.</summary>
    public IPAddress? SourceAddress { get; init; }

    /// <summary>From taking a query to giving it up.</summary>
    public TimeSpan Deadline { get; init; } = DeadlineDefault;

    public TimeSpan DeadlineWhenDown { get; init; } = DeadlineWhenDownDefault;

    /// <summary>Bounds on how long the first attempt goes unanswered before a second server is asked as well; in
    /// between it follows the round-trip estimate.</summary>
    public TimeSpan RetryFloor { get; init; } = RetryFloorDefault;

    /// <summary>The same where a server has answered nothing yet.</summary>
    public TimeSpan RetryUnknown { get; init; } = RetryUnknownDefault;

    public TimeSpan RetryCeiling { get; init; } = RetryCeilingDefault;

    /// <summary>Connections to one server of one worker in ordinary times.</summary>
    public int Connections { get; init; } = ConnectionsDefault;

    public int Pipeline { get; init; } = PipelineDefault;

    public int Mismatches { get; init; } = MismatchesDefault;

    /// <summary><see cref="MaxAge"/> with its default filled in; zero: no limit.</summary>
    internal TimeSpan EffectiveMaxAge => MaxAge ?? (MaxAgeDefault > Expire ? MaxAgeDefault : Expire);

    internal long RetryAfterMs(RttEstimate rtt) => rtt.RetryAfterMs(
        (long)RetryFloor.TotalMilliseconds, (long)RetryUnknown.TotalMilliseconds, (long)RetryCeiling.TotalMilliseconds);

    /// <summary><see cref="MaxConnectAttempts"/> with its default filled in.</summary>
    internal int EffectiveAttempts => MaxConnectAttempts switch
    {
        null => Math.Max(3, 2 * Servers.Length),
        0 => int.MaxValue,
        var given => given.Value,
    };
}

using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Cache.Upstream;

/// <summary>The validated settings of one <c>forward</c> directive. Serve makes them from the Corefile.</summary>
internal sealed record ForwardOptions
{
    /// <summary>CoreDNS's limit, which is also the size of a <see cref="ServerOrder"/>.</summary>
    public const int ServersMaximum = 15;

    /// <summary>CoreDNS's default: a server is down after three failed probes in a row.</summary>
    public const int MaxFailsDefault = 2;

    /// <summary>CoreDNS's default. A CoreDNS upstream closes idle connections after the same time.</summary>
    public static readonly TimeSpan ExpireDefault = TimeSpan.FromSeconds(10);

    /// <summary>kube-proxy chooses a Service's endpoint when a connection opens. So within this time we have left
    /// removed cluster DNS pods and found new ones, at the cost of one handshake for each connection and minute.
    /// CoreDNS has no limit, and its users report stuck and unbalanced upstreams.</summary>
    public static readonly TimeSpan MaxAgeDefault = TimeSpan.FromSeconds(60);

    /// <summary>glibc and musl give a query up after 5 s. 600 ms remain to send a stale answer or SERVFAIL to a client
    /// that is still there.</summary>
    public static readonly TimeSpan DeadlineDefault = TimeSpan.FromMilliseconds(4400);

    public static readonly TimeSpan DeadlineMinimum = TimeSpan.FromMilliseconds(100);

    /// <summary>When every server is known to be down, a query is only another probe and must not keep its client
    /// waiting for the whole deadline.</summary>
    public static readonly TimeSpan DeadlineWhenDownDefault = TimeSpan.FromMilliseconds(1500);

    /// <summary>A name that is not cached takes a recursing server tens to hundreds of ms. Asking a second time earlier
    /// would double its load for nothing.</summary>
    public static readonly TimeSpan RetryFloorDefault = TimeSpan.FromMilliseconds(200);

    /// <summary>After a lost datagram we must retry well before the client does. unbound's first retry is after 376
    /// ms.</summary>
    public static readonly TimeSpan RetryUnknownDefault = TimeSpan.FromMilliseconds(400);

    /// <summary>A server that is known to be slow must not be asked twice because of that, but after a lost datagram
    /// there must be time for a second one before the deadline.</summary>
    public static readonly TimeSpan RetryCeilingDefault = TimeSpan.FromMilliseconds(2000);

    /// <summary>CoreDNS serves each connection serially, so the load needs several connections rather than deep
    /// pipelines. More than this many gave no gain (at 16 queries in flight, a miss took 18.3 µs of CPU with 8
    /// connections and 20.8 µs with 2).</summary>
    public const int ConnectionsDefault = 8;

    /// <summary>Opened only when all other connections are stalled or full, so that slow names cannot delay the
    /// rest.</summary>
    public const int ConnectionsMaximum = 64;

    /// <summary>How many queries a connection may have before another one is opened.</summary>
    public const int PipelineDefault = 64;

    /// <summary>How many wrong replies a query may receive before it moves to TCP (RFC 5452 section 9.2). A blind
    /// attacker who knows the port can guess the id, one of 65,536, only this often.</summary>
    public const int MismatchesDefault = 3;

    public required ImmutableArray<UpstreamEndpoint> Servers { get; init; }

    /// <summary>The pods behind <see cref="Servers"/>, which are asked themselves; null when only the servers are.</summary>
    public EndpointsOptions? Endpoints { get; init; }

    public SelectionPolicy Policy { get; init; } = SelectionPolicy.Random;

    /// <summary>Use TCP, whatever the client used. Takes precedence over <see cref="PreferUdp"/>.</summary>
    public bool ForceTcp { get; init; }

    /// <summary>Use UDP, whatever the client used.</summary>
    public bool PreferUdp { get; init; }

    /// <summary>A connection is closed after it has been idle for this long.</summary>
    public TimeSpan Expire { get; init; } = ExpireDefault;

    /// <summary>A connection older than this takes no more queries; zero for no limit, null for the default, but at
    /// least <see cref="Expire"/>.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Idle connections to keep for each server and worker; 0 for no limit but <see cref="Expire"/>.</summary>
    public int MaxIdleConnections { get; init; }

    /// <summary>A server is down when more than this many probes have failed in a row; 0 for no probes, and the server
    /// is never down.</summary>
    public int MaxFails { get; init; } = MaxFailsDefault;

    /// <summary>How many attempts a query may make; null for twice the number of servers, but at least three, and more when
    /// they are refused, one every <see cref="RetryFloor"/>. 0 for no limit but the deadline.</summary>
    public int? MaxConnectAttempts { get; init; }

    /// <summary>How long one attempt waits for its answer; null to wait until the query's deadline.</summary>
    public TimeSpan? ReadTimeout { get; init; }

    /// <summary>Queries that may be pending in all workers together; 0 for no limit.</summary>
    public int MaxConcurrent { get; init; }

    public HealthCheckOptions HealthCheck { get; init; } = new();

    /// <summary>After these rcodes another server of this forward is asked.</summary>
    public RcodeSet Failover { get; init; }

    /// <summary>After these rcodes the next forward of the block is asked
    /// (<see cref="ReplyCheck.WantsNext"/>).</summary>
    public RcodeSet Next { get; init; }

    /// <summary>A NOERROR with an empty answer section also makes the next forward be asked.</summary>
    public bool NextOnNodata { get; init; }

    /// <summary>When all servers are down, fail at once instead of trying one at random.</summary>
    public bool FailfastAllUnhealthy { get; init; }

    public UpstreamTls? Tls { get; init; }

    /// <summary>The source address of queries; null to let the kernel choose.</summary>
    public IPAddress? SourceAddress { get; init; }

    /// <summary>The time from receiving a query to giving up.</summary>
    public TimeSpan Deadline { get; init; } = DeadlineDefault;

    public TimeSpan DeadlineWhenDown { get; init; } = DeadlineWhenDownDefault;

    /// <summary>The least time before a second server is also asked. The actual time follows the round-trip estimate,
    /// between this and <see cref="RetryCeiling"/>.</summary>
    public TimeSpan RetryFloor { get; init; } = RetryFloorDefault;

    /// <summary>The same time for a server that has not answered anything yet.</summary>
    public TimeSpan RetryUnknown { get; init; } = RetryUnknownDefault;

    public TimeSpan RetryCeiling { get; init; } = RetryCeilingDefault;

    /// <summary>Connections of one worker to one server, unless all of them are stalled or full.</summary>
    public int Connections { get; init; } = ConnectionsDefault;

    public int Pipeline { get; init; } = PipelineDefault;

    public int Mismatches { get; init; } = MismatchesDefault;

    /// <summary><see cref="MaxAge"/> with the default applied; zero for no limit.</summary>
    internal TimeSpan EffectiveMaxAge => MaxAge ?? TimeSpan.FromTicks(Math.Max(MaxAgeDefault.Ticks, Expire.Ticks));

    internal long RetryAfterMs(RttEstimate rtt) => rtt.RetryAfterMs(
        (long)RetryFloor.TotalMilliseconds,
        // A pod is near, and there is another one to ask.
        (long)(Endpoints is null ? RetryUnknown : RetryFloor).TotalMilliseconds,
        (long)RetryCeiling.TotalMilliseconds);

    /// <summary><see cref="MaxConnectAttempts"/> with the default applied.</summary>
    /// <param name="servers">The number of servers and endpoints.</param>
    internal int EffectiveAttempts(int servers) => MaxConnectAttempts switch
    {
        null => Math.Max(3, 2 * servers),
        0 => int.MaxValue,
        var given => given.Value,
    };
}

using NodeDns.Telemetry;

namespace NodeDns.Cache.Upstream;

/// <summary>One worker's connections to one server, over TCP or TLS.</summary>
/// <remarks>
/// CoreDNS handles the queries of a connection one after the other, so a query waits if it is sent behind a slow one.
/// <see cref="Pick"/> therefore chooses, in this order: the idle connection that was used last (so that the others can
/// expire); a new connection, up to <see cref="ForwardOptions.Connections"/>; the connection with the fewest queries, if
/// it makes progress (pipelining); a new connection, up to <see cref="ForwardOptions.ConnectionsMaximum"/>, because all
/// others are full or stalled; any connection that has room. A retry or a probe always gets a new connection, because it
/// has to find out whether a new one works.
/// </remarks>
internal sealed class ConnectionPool(Forwarder forwarder, UpstreamState server) : IDisposable
{
    /// <summary>The most unanswered queries on one connection. With this many, a random id is already in use with a
    /// probability of 0.4 %, and the table takes 20 KB.</summary>
    private const int PipelineMaximum = 256;

    /// <summary>A connection without an answer for less than this is not stalled: a name that is not cached takes a
    /// recursing server longer.</summary>
    private const long StallMinimumMs = 20;

    /// <summary>Connections beyond <see cref="ForwardOptions.Connections"/> are opened at most this often. When the
    /// server itself pauses, all connections are stalled and more of them do not help.</summary>
    private const long ExtraIntervalMs = 10;

    private readonly List<StreamConnection> _connections = [];
    private long _extraAtMs = long.MinValue;

    public Forwarder Forwarder => forwarder;

    public UpstreamState Server => server;

    public int Count => _connections.Count;

    private UpstreamProto Proto => server.Endpoint.Tls ? UpstreamProto.Tls : UpstreamProto.Tcp;

    public StreamConnection? Pick(Exchange exchange, out UpstreamError error)
    {
        if (exchange.WantsFreshConnection && _connections.Count < ForwardOptions.ConnectionsMaximum)
        {
            return Open(out error);
        }
        error = default;
        var nowMs = forwarder.Loop.NowMs;
        var stallMs = StallMs();
        StreamConnection? idle = null, least = null, last = null;
        foreach (var connection in _connections)
        {
            if (!connection.TakesQueries(nowMs) || exchange.Uses(connection))
            {
                continue;
            }
            if (connection.Unanswered == 0)
            {
                idle = idle is null || connection.LastUsedMs >= idle.LastUsedMs ? connection : idle;
            }
            else if (connection.Unanswered < forwarder.Options.Pipeline && !connection.IsStalled(nowMs, stallMs))
            {
                least = least is null || connection.Unanswered < least.Unanswered ? connection : least;
            }
            else if (connection.Unanswered < PipelineMaximum)
            {
                last = last is null || connection.Unanswered < last.Unanswered ? connection : last;
            }
        }
        if (idle is null
            && (_connections.Count < forwarder.Options.Connections || (least is null && MayOpenExtra(nowMs))))
        {
            return Open(out error);
        }
        var chosen = idle ?? least ?? last;
        if (chosen is null)
        {
            error = UpstreamError.LocalLimit;
            return null;
        }
        server.Metrics.ConnectionReused(forwarder.Counters, Proto);
        return chosen;
    }

    /// <summary>Called when a connection has answered all its queries. Closes it if max_idle_conns, max_age, a
    /// retired configuration or an endpoint that has left require that.</summary>
    public void BecameIdle(StreamConnection connection)
    {
        if (forwarder.IsRetired || server.HasLeft || !connection.TakesQueries(forwarder.Loop.NowMs) || TooManyIdle())
        {
            connection.CloseQuietly();
        }
    }

    public void Remove(StreamConnection connection) => _connections.Remove(connection);

    public void CloseIdle()
    {
        for (var i = _connections.Count - 1; i >= 0; i--)
        {
            if (_connections[i].Unanswered == 0)
            {
                _connections[i].CloseQuietly();
            }
        }
    }

    public void Dispose()
    {
        while (_connections.Count > 0)
        {
            _connections[^1].CloseQuietly();
        }
    }

    private StreamConnection? Open(out UpstreamError error)
    {
        server.Metrics.ConnectionOpened(forwarder.Counters, Proto);
        StreamConnection? connection = Proto == UpstreamProto.Tls
            ? TlsConnection.Open(this, out error)
            : TcpConnection.Open(this, out error);
        if (connection is not null)
        {
            _connections.Add(connection);
        }
        return connection;
    }

    private bool MayOpenExtra(long nowMs)
    {
        if (_connections.Count >= ForwardOptions.ConnectionsMaximum || nowMs < _extraAtMs)
        {
            return false;
        }
        _extraAtMs = nowMs + ExtraIntervalMs;
        return true;
    }

    private bool TooManyIdle()
    {
        var idle = 0;
        foreach (var connection in _connections)
        {
            idle += connection.Unanswered == 0 ? 1 : 0;
        }
        return forwarder.Options.MaxIdleConnections is > 0 and var limit && idle > limit;
    }

    private long StallMs() => Math.Clamp(
        2L * server.Rtt.SmoothedMicroseconds / 1000,
        StallMinimumMs,
        (long)forwarder.Options.RetryCeiling.TotalMilliseconds);
}

using System.Diagnostics;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Upstream;

/// <summary>Sends an exchange's query and keeps the attempts that may still be answered: at most four. A fifth closes
/// the oldest.</summary>
internal sealed class AttemptSet(Forwarder forwarder)
{
    private const int Capacity = 4;

    private readonly Attempt[] _attempts = new Attempt[Capacity];

    public ref Attempt this[int index] => ref _attempts[index];

    public Span<Attempt> All => _attempts;

    public bool AnyOpen
    {
        get
        {
            foreach (ref readonly var attempt in _attempts.AsSpan())
            {
                if (attempt.IsOpen)
                {
                    return true;
                }
            }
            return false;
        }
    }

    /// <summary>True when an attempt waits on an established connection.</summary>
    public bool AnyConnected
    {
        get
        {
            foreach (ref readonly var attempt in _attempts.AsSpan())
            {
                if (attempt.Connection is { IsConnected: true })
                {
                    return true;
                }
            }
            return false;
        }
    }

    /// <summary>When the oldest open attempt was sent; far in the future when none is open.</summary>
    public long OldestSentMs => Oldest() is var index and >= 0 ? _attempts[index].SentMs : long.MaxValue / 2;

    /// <summary>Sends the query of <paramref name="exchange"/> once more.</summary>
    /// <param name="plain">Send it without its OPT record.</param>
    /// <param name="sizeAtMost">The largest UDP payload size to offer.</param>
    public bool TrySend(
        Exchange exchange, UpstreamState server, UpstreamProto proto, bool plain, int sizeAtMost,
        out UpstreamError error)
    {
        var index = Take();
        ref var attempt = ref _attempts[index];
        var query = exchange.Query.Form(plain, sizeAtMost);
        proto = server.Endpoint.Tls ? UpstreamProto.Tls : proto;
        error = default;
        if (proto == UpstreamProto.Udp && !TrySendUdp(exchange, server, index, query, out error))
        {
            if (error != UpstreamError.LocalLimit)
            {
                return false;
            }
            // There are no more descriptors or ports. Use TCP, where one of each serves many queries.
            proto = UpstreamProto.Tcp;
        }
        if (proto != UpstreamProto.Udp && !TrySendStream(exchange, server, index, query, out error))
        {
            return false;
        }
        attempt.Server = server;
        server.Asked();
        attempt.Proto = proto;
        attempt.Plain = plain;
        attempt.Offered = exchange.Query.Offered(plain, sizeAtMost);
        attempt.SentMs = forwarder.Loop.NowMs;
        attempt.SentTicks = Stopwatch.GetTimestamp();
        return true;
    }

    public bool Uses(StreamConnection connection)
    {
        foreach (ref readonly var attempt in _attempts.AsSpan())
        {
            if (attempt.Connection == connection)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The protocol of an open attempt at this server that was sent with an OPT record; null when there is
    /// none.</summary>
    public UpstreamProto? WithOptAt(UpstreamState server)
    {
        foreach (ref readonly var attempt in _attempts.AsSpan())
        {
            if (attempt.Server == server && !attempt.Plain)
            {
                return attempt.Proto;
            }
        }
        return null;
    }

    /// <summary>The number of open UDP attempts at this server.</summary>
    /// <param name="offered">The largest UDP payload size that one of them offered.</param>
    public int UdpAt(UpstreamState server, out long firstSentMs, out int offered)
    {
        var count = 0;
        (firstSentMs, offered) = (long.MaxValue, 0);
        foreach (ref readonly var attempt in _attempts.AsSpan())
        {
            if (attempt.Server == server && attempt.Port is not null)
            {
                count++;
                firstSentMs = Math.Min(firstSentMs, attempt.SentMs);
                offered = Math.Max(offered, attempt.Offered);
            }
        }
        return count;
    }

    /// <summary>Ends an attempt: gives its socket back, or tells the connection that nobody waits for this query any
    /// more.</summary>
    /// <returns>The attempt that was ended.</returns>
    public Attempt Close(int index)
    {
        var attempt = _attempts[index];
        _attempts[index] = default;
        attempt.Server?.Done();
        attempt.Port?.Forget(attempt.Id);
        attempt.Connection?.Forget(attempt.Id);
        return attempt;
    }

    public void CloseOldest() => Close(Oldest());

    public void CloseAll()
    {
        for (var i = 0; i < _attempts.Length; i++)
        {
            if (_attempts[i].IsOpen)
            {
                Close(i);
            }
        }
    }

    private bool TrySendUdp(
        Exchange exchange, UpstreamState server, int index, ReadOnlySpan<byte> query, out UpstreamError error)
    {
        if (forwarder.Ports(server).Send(server, exchange, index, query, out var id, out error) is not { } port)
        {
            return false;
        }
        _attempts[index].Port = port;
        _attempts[index].Id = id;
        return true;
    }

    private bool TrySendStream(
        Exchange exchange, UpstreamState server, int index, ReadOnlySpan<byte> query, out UpstreamError error)
    {
        if (forwarder.Connections(server).Pick(exchange, out error) is not { } connection)
        {
            return false;
        }
        _attempts[index].Connection = connection;
        _attempts[index].Id = connection.Submit(exchange, index, query);
        return true;
    }

    /// <summary>Returns the index of a free place, ending the oldest attempt if there is none.</summary>
    private int Take()
    {
        for (var i = 0; i < _attempts.Length; i++)
        {
            if (!_attempts[i].IsOpen)
            {
                return i;
            }
        }
        var oldest = Oldest();
        Close(oldest);
        return oldest;
    }

    /// <returns>-1 when no attempt is open.</returns>
    private int Oldest()
    {
        var oldest = -1;
        for (var i = 0; i < _attempts.Length; i++)
        {
            if (_attempts[i].IsOpen && (oldest < 0 || _attempts[i].SentMs < _attempts[oldest].SentMs))
            {
                oldest = i;
            }
        }
        return oldest;
    }
}

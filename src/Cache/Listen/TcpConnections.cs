using NodeDns.Cache.Query;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Listen;

/// <summary>All TCP connections of one worker. Their number is limited; the one that has been idle longest is closed
/// first.</summary>
internal sealed class TcpConnections(EventLoop loop, QueryHandler handler)
{
    /// <summary>The most open connections of a worker. An idle one costs about 400 octets here and 3 KB in the
    /// kernel.</summary>
    public const int Maximum = 4096;

    /// <summary>The most connections of one client. The rest is for others.</summary>
    public const int MaximumPerClient = 1024;

    private readonly ClientLimit _perClient = new(MaximumPerClient);
    private readonly Stack<TcpConnection> _pool = new();

    // A list in order of last activity. The links are in TcpConnection itself, so moving one allocates nothing.
    private TcpConnection? _oldest;
    private TcpConnection? _newest;

    public int Count { get; private set; }

    /// <summary>A buffer in which a reply is built before it gets its length field.</summary>
    public byte[] Scratch { get; } = new byte[QueryHandler.MaxMessage];

    public EventLoop Loop => loop;

    public QueryHandler Handler => handler;

    public void Open(int fd, in SocketAddress client, TcpListener listener)
    {
        if (!_perClient.TryEnter(client, out var slot))
        {
            Libc.Close(fd);
            return;
        }

        if (Count >= Maximum && !CloseOldestIdle())
        {
            _perClient.Leave(slot);
            Libc.Close(fd);
            return;
        }

        Count++;
        var connection = _pool.TryPop(out var pooled) ? pooled : new TcpConnection(this);
        Append(connection);
        connection.Open(fd, client, listener, slot);
    }

    /// <summary>Closes the connection that has been idle longest.</summary>
    /// <returns>false when every connection has a pending query.</returns>
    public bool CloseOldestIdle()
    {
        for (var connection = _oldest; connection is not null; connection = connection.Newer)
        {
            if (!connection.IsIdle)
            {
                continue;
            }

            connection.Close();
            return true;
        }
        return false;
    }

    /// <summary>While draining, a connection that is idle for this long is closed. Not sooner: a connection that has
    /// just been accepted may have its query on the way (without this, 1 to 5 of 700 connections on a real cluster were
    /// closed before their query arrived).</summary>
    public const int DrainIdleMs = 250;

    public bool IsDraining { get; private set; }

    /// <summary>Starts draining: each connection is closed when it has been idle for
    /// <see cref="DrainIdleMs"/>.</summary>
    public void Drain()
    {
        IsDraining = true;
        for (var connection = _oldest; connection is not null; connection = connection.Newer)
        {
            connection.IdleChanged();
        }
    }

    public void Resume() => IsDraining = false;

    public void CloseAll()
    {
        while (_oldest is { } connection)
        {
            connection.Close();
        }
    }

    internal void Touch(TcpConnection connection)
    {
        if (connection == _newest)
        {
            return;
        }

        Unlink(connection);
        Append(connection);
    }

    internal void Closed(TcpConnection connection, int limitSlot)
    {
        Count--;
        _perClient.Leave(limitSlot);
        Unlink(connection);
        _pool.Push(connection);
    }

    private void Append(TcpConnection connection)
    {
        connection.Older = _newest;
        connection.Newer = null;
        if (_newest is null)
        {
            _oldest = connection;
        }
        else
        {
            _newest.Newer = connection;
        }

        _newest = connection;
    }

    private void Unlink(TcpConnection connection)
    {
        if (connection.Newer is null)
        {
            _newest = connection.Older;
        }
        else
        {
            connection.Newer.Older = connection.Older;
        }

        if (connection.Older is null)
        {
            _oldest = connection.Newer;
        }
        else
        {
            connection.Older.Newer = connection.Newer;
        }
    }
}

using System.Diagnostics;
using NodeDns.Cache.Query;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Cache.Listen;

/// <summary>One worker's UDP socket at one address.</summary>
/// <remarks>The cookie of a query is its slot in the worker's <see cref="OpenQueries"/>. For a socket that is bound to
/// all addresses the cookie is the number of the address that the client asked. No guard gives such a socket, so its
/// queries are not kept.</remarks>
internal sealed class UdpListener(EventLoop loop, ListenSocket socket, QueryHandler handler, OpenQueries open,
    ReceiveBatch received, SendBatch replies) : IEventHandler, IReplySink, ITurnEnd
{
    /// <summary>How many batches are read in one turn, so that a flood on one socket does not delay the
    /// others.</summary>
    private const int BatchesPerTurn = 4;

    /// <summary>Edge-triggered: epoll then need not check the socket again in every turn.</summary>
    private const uint Wanted = Libc.EPOLLIN | Libc.EPOLLET;

    private readonly PacketInfo? _packetInfo = PacketInfo.For(socket);
    private readonly ulong _socketCookie = Libc.SocketCookie(socket.Fd);
    private ServerModel? _server;
    private bool _reading;
    private bool _closed;
    private bool _flushAsked;
    private int _slot = OpenQueries.None;

    public ListenSocket Socket => socket;

    /// <summary>Sets what is served here. null: nothing, and the socket is no longer read.</summary>
    public void Serve(ServerModel? server)
    {
        _server = server;
        SetReading(server is not null);
    }

    public void SetReading(bool reading)
    {
        if (reading == _reading)
        {
            return;
        }

        _reading = reading;
        if (reading)
        {
            loop.Add(socket.Fd, Wanted, this);
        }
        else
        {
            loop.Remove(socket.Fd);
        }
    }

    /// <summary>Sends the replies that are ready and closes the socket. Later replies are dropped, because the
    /// descriptor's number may then belong to another socket.</summary>
    public void Close()
    {
        Serve(null);
        replies.Flush();
        _closed = true;
        Libc.Close(socket.Fd);
    }

    public void OnEvents(uint events)
    {
        if (!ReadBatches() && _reading)
        {
            // There may be more datagrams, and edge-triggered epoll does not report them again. Modify makes it do so.
            loop.Modify(socket.Fd, Wanted);
        }
    }

    /// <summary>Answers queued datagrams, up to the limit for one turn of the loop.</summary>
    /// <returns>false when there may be more.</returns>
    public bool ReadBatches()
    {
        for (var batch = 0; batch < BatchesPerTurn && _server is { } server; batch++)
        {
            var count = received.Receive(socket.Fd, _socketCookie, _packetInfo is not null);
            if (count.IsError)
            {
                return true;
            }

            handler.ReceivedTicks = Stopwatch.GetTimestamp();
            for (var i = 0; i < count.Value; i++)
            {
                var cookie = _packetInfo?.Remember(received.Control(i)) ?? Slot();
                var to = new ReplyTo(this, cookie, received.Sender(i), isTcp: false);
                var outcome = handler.Handle(server, received.Message(i), to, replies.Next(socket.Fd));
                if (outcome.IsReply)
                {
                    replies.Add(outcome.Length, to.Client, ControlOf(cookie));
                }
                else if (outcome.IsPending && _packetInfo is null)
                {
                    open.Keep(_slot, _socketCookie, to.Client, received.Message(i));
                }
            }
            replies.Flush();
            received.Done(count.Value);
            if (count.Value < ReceiveBatch.Capacity)
            {
                return true;
            }
        }
        return _server is null;
    }

    public void Reply(in ReplyTo to, ReadOnlySpan<byte> message)
    {
        if (_closed)
        {
            Forget(to);
            return;
        }
        message.CopyTo(replies.Next(socket.Fd));
        replies.Add(message.Length, to.Client, ControlOf(to.Cookie), SlotOf(to));
        if (_flushAsked)
        {
            return;
        }

        _flushAsked = true;
        loop.AtTurnEnd(this);
    }

    public void Forget(in ReplyTo to) => open.Answered(SlotOf(to));

    public void OnTurnEnd()
    {
        _flushAsked = false;
        replies.Flush();
    }

    /// <summary>Takes a slot for the next query, or reuses the last one if that query did not need it.</summary>
    private int Slot() => open.IsReserved(_slot) ? _slot : _slot = open.Reserve();

    private int SlotOf(in ReplyTo to) => _packetInfo is null ? (int)to.Cookie : OpenQueries.None;

    private ReadOnlySpan<byte> ControlOf(long cookie) => _packetInfo is null ? default : _packetInfo.Control(cookie);
}

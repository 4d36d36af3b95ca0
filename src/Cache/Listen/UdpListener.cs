using System.Diagnostics;
using NodeDns.Cache.Query;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Cache.Listen;

/// <summary>One worker's UDP socket at one address.</summary>
/// <remarks>The cookie of its queries is their slot among the worker's open queries. At a socket that is bound to every
/// address it is the address that the client asked; no guard gives such a socket, so none of its queries is kept.
/// </remarks>
internal sealed class UdpListener(EventLoop loop, ListenSocket socket, QueryHandler handler, OpenQueries open,
    ReceiveBatch received, SendBatch replies) : IEventHandler, IReplySink, ITurnEnd
{
    /// <summary>Batches in one turn, so that a flood on one socket does not starve the others.</summary>
    private const int BatchesPerTurn = 4;

    /// <summary>Told once when datagrams come, not again while they wait: saves epoll a look at the socket in every
    /// turn.</summary>
    private const uint Wanted = Libc.EPOLLIN | Libc.EPOLLET;

    private readonly PacketInfo? _packetInfo = PacketInfo.For(socket);
    private readonly ulong _socketCookie = Libc.SocketCookie(socket.Fd);
    private ServerModel? _server;
    private bool _reading;
    private bool _closed;
    private bool _flushAsked;
    private int _slot = OpenQueries.None;

    public ListenSocket Socket => socket;

    /// <summary>What is served here from now on; null: nothing, the socket is read no more.</summary>
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

    /// <summary>Sends what has been answered and closes the socket; what is answered later is dropped, for the
    /// descriptor's number may by then be another's.</summary>
    public void Close()
    {
        Serve(null);
        replies.Flush();
        _closed = true;
        Libc.Close(socket.Fd);
    }

    public void OnEvents(uint events)
    {
        for (var batch = 0; batch < BatchesPerTurn && _server is { } server; batch++)
        {
            var count = received.Receive(socket.Fd, _socketCookie, _packetInfo is not null);
            if (count.IsError)
            {
                return;
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
                return;
            }
        }
        // More may wait, and nobody will tell: asking anew does.
        if (_reading)
        {
            loop.Modify(socket.Fd, Wanted);
        }
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

    /// <summary>A slot for the next query; the last one's where that did not need it.</summary>
    private int Slot() => open.IsReserved(_slot) ? _slot : _slot = open.Reserve();

    private int SlotOf(in ReplyTo to) => _packetInfo is null ? (int)to.Cookie : OpenQueries.None;

    private ReadOnlySpan<byte> ControlOf(long cookie) => _packetInfo is null ? default : _packetInfo.Control(cookie);
}

using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Upstream;

/// <summary>A connected UDP socket that carries one query at a time, each from a new random port.</summary>
/// <remarks>Descriptor and epoll registration are kept. Between queries the socket is disconnected, which frees its
/// port, and the next connect() gets a new one (RFC 5452 section 9.2). This saves socket, epoll_ctl and
/// close.</remarks>
internal sealed class UdpChannel(UdpChannelPool pool, int fd) : IEventHandler
{
    private Exchange? _exchange;
    private int _attempt;
    private ushort _id;
    private int _mismatches;

    public int Fd { get; } = fd;

    public SyscallResult Send(Exchange exchange, int attempt, ReadOnlySpan<byte> query, ushort id)
    {
        _exchange = exchange;
        _attempt = attempt;
        _id = id;
        _mismatches = 0;
        var sent = Libc.Send(Fd, query);
        // An ICMP error of an earlier query on this socket is reported once, so send again.
        return sent.Error == Errno.ECONNREFUSED ? Libc.Send(Fd, query) : sent;
    }

    public void Release()
    {
        _exchange = null;
        pool.Return(this);
    }

    public void OnEvents(uint events)
    {
        var scratch = ReceiveScratch.Buffer;
        var received = Libc.Receive(Fd, scratch.AsSpan(0, ReceiveScratch.DatagramMaximum));
        if (received.WouldBlock || _exchange is not { } exchange)
        {
            return;
        }
        if (received.IsError)
        {
            exchange.AttemptFailed(_attempt, ConnectError.From(received.Error));
            return;
        }
        var message = scratch.AsSpan(0, received.Value);
        switch (ReplyCheck.Check(message, _id, exchange.Query.Octets, exchange.Query.QuestionEnd))
        {
            case ReplyVerdict.Answer:
                exchange.AttemptAnswered(_attempt, message);
                break;
            case ReplyVerdict.HeaderOnly:
                exchange.AttemptAnsweredHeaderOnly(_attempt, message);
                break;
            default:
                pool.CountMismatch();
                if (++_mismatches >= pool.Mismatches)
                {
                    exchange.SuspectForgery(_attempt);
                }
                break;
        }
    }
}

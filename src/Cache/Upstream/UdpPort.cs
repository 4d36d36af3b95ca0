using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Upstream;

/// <summary>A UDP socket that is connected to one server from a new random port, for the queries of one turn.</summary>
/// <remarks>A query that comes alone has its port for itself; under load, those that a worker reads at once share one, with
/// different random ids (RFC 5452 section 9.2). When none of them waits any more the socket is disconnected, which frees
/// the port. Descriptor and epoll registration are kept, which saves socket, epoll_ctl and close.</remarks>
internal sealed class UdpPort(UdpPorts ports, int fd) : IEventHandler
{
    /// <summary>As many as a worker reads at once.</summary>
    public const int Capacity = 32;

    private readonly ushort[] _ids = new ushort[Capacity];
    private readonly (Exchange? Exchange, int Attempt)[] _queries = new (Exchange?, int)[Capacity];
    private int _count;
    private int _waiting;
    private int _mismatches;
    private bool _isBusy;

    public int Fd { get; } = fd;

    public UpstreamState? Server { get; private set; }

    /// <summary>Nothing has been sent yet.</summary>
    public bool IsFilling { get; private set; }

    public bool HasRoom => IsFilling && _count < Capacity;

    /// <summary>Begins a turn's queries. The socket is connected.</summary>
    public void Begin(UpstreamState server)
    {
        Server = server;
        IsFilling = true;
        _count = _waiting = _mismatches = 0;
    }

    /// <returns>The query's id, which no other query has had on this port.</returns>
    public ushort Add(Exchange exchange, int attempt, RandomIds random)
    {
        var id = random.Next();
        while (SlotOf(id) >= 0)
        {
            id = random.Next();
        }
        _ids[_count] = id;
        _queries[_count++] = (exchange, attempt);
        _waiting++;
        return id;
    }

    /// <summary>Nobody waits for this query any more. Its id stays taken, so that a late answer is no mismatch.</summary>
    public void Forget(ushort id)
    {
        _queries[SlotOf(id)] = default;
        _waiting--;
        ReturnWhenDone();
    }

    /// <summary>Sends what somebody still waits for, in one sendmmsg(2).</summary>
    /// <param name="octets">The queries, one after the other.</param>
    /// <param name="ends">Where each ends.</param>
    public unsafe void Send(ReadOnlySpan<byte> octets, ReadOnlySpan<int> ends)
    {
        IsFilling = false;
        _isBusy = true;
        var headers = stackalloc MultiMessageHeader[Capacity];
        var vectors = stackalloc IoVector[Capacity];
        var slots = stackalloc int[Capacity];
        var count = 0;
        // SAFETY: all octets of a query lie in the span, and the kernel reads them before this returns.
        fixed (byte* start = octets)
        {
            for (var slot = 0; slot < _count; slot++)
            {
                if (_queries[slot].Exchange is not null)
                {
                    var begin = slot == 0 ? 0 : ends[slot - 1];
                    vectors[count] = new IoVector { Base = start + begin, Length = (nuint)(ends[slot] - begin) };
                    headers[count].Header.Vectors = vectors + count;
                    headers[count].Header.VectorCount = 1;
                    slots[count++] = slot;
                }
            }
            var refused = false;
            for (var sent = 0; sent < count;)
            {
                var result = Libc.SendMessages(Fd, headers + sent, count - sent);
                if (!result.IsError)
                {
                    sent += result.Value;
                }
                else if (result.Error != Errno.ECONNREFUSED)
                {
                    var (exchange, attempt) = _queries[slots[sent++]];
                    exchange?.AttemptNotSent(attempt, ConnectError.From(result.Error));
                }
                else if (refused)
                {
                    Fail(UpstreamError.Refused);
                    break;
                }
                else
                {
                    // An ICMP error of an earlier query on this socket is reported once, so send again.
                    refused = true;
                }
            }
        }
        _isBusy = false;
        ReturnWhenDone();
    }

    public void OnEvents(uint events)
    {
        var received = ReceiveScratch.ReceiveDatagrams(Fd);
        if (Server is null || IsFilling || received.WouldBlock)
        {
            // Nothing has been sent since Begin: it is of earlier queries.
            return;
        }
        _isBusy = true;
        if (received.IsError)
        {
            Fail(ConnectError.From(received.Error));
        }
        for (var i = 0; i < received.Value; i++)
        {
            Take(ReceiveScratch.Datagram(i));
        }
        _isBusy = false;
        ReturnWhenDone();
    }

    private void Take(ReadOnlySpan<byte> message)
    {
        var slot = message.Length < ReplyCheck.HeaderLength ? -1 : SlotOf(ReplyCheck.Id(message));
        var (exchange, attempt) = slot < 0 ? default : _queries[slot];
        if (exchange is null)
        {
            // After an answer there may be a second copy of it, or the answer of a query that was given up.
            if (slot < 0)
            {
                Mismatched();
            }
            return;
        }
        switch (ReplyCheck.Check(message, _ids[slot], exchange.Query.Octets, exchange.Query.QuestionEnd))
        {
            case ReplyVerdict.Answer:
                exchange.AttemptAnswered(attempt, message);
                break;
            case ReplyVerdict.HeaderOnly:
                exchange.AttemptAnsweredHeaderOnly(attempt, message);
                break;
            default:
                Mismatched();
                break;
        }
    }

    /// <summary>Somebody guesses at this port: after some guesses, everything that waits here is asked over TCP.</summary>
    private void Mismatched()
    {
        ports.CountMismatch();
        if (++_mismatches < ports.Mismatches)
        {
            return;
        }
        for (var i = 0; i < _count; i++)
        {
            var (exchange, attempt) = _queries[i];
            exchange?.SuspectForgery(attempt);
        }
    }

    /// <summary>The server, or the way to it, refuses this port's queries.</summary>
    private void Fail(UpstreamError error)
    {
        for (var i = 0; i < _count; i++)
        {
            var (exchange, attempt) = _queries[i];
            exchange?.AttemptFailed(attempt, error);
        }
    }

    private void ReturnWhenDone()
    {
        // A socket that is given back may carry new queries at once, so not while its old ones are being handled.
        if (_waiting == 0 && Server is not null && !_isBusy && !IsFilling)
        {
            Server = null;
            ports.Return(this);
        }
    }

    private int SlotOf(ushort id) => _ids.AsSpan(0, _count).IndexOf(id);
}

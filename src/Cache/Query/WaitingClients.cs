using NodeDns.Dns.Wire;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Query;

/// <summary>Step 9 of the main path: the clients that wait for an answer, and their replies. There is one for each
/// worker.</summary>
internal sealed class WaitingClients(EventLoop loop, Replies replies)
{
    private readonly ClientLimit _limit = new();
    private readonly Stack<Waiter> _pool = new();

    /// <summary>How many clients of this worker wait.</summary>
    public int Count { get; private set; }

    /// <summary>A buffer for replies and other messages that steps 6 to 9 build. Its content is valid only until one of
    /// them runs again.</summary>
    public byte[] Scratch { get; } = new byte[QueryHandler.MaxMessage + QueryEdns.EmptyOptLength];

    /// <returns>null when the client has too many pending queries.</returns>
    public Waiter? Enter(in ClientQuery query)
    {
        if (!_limit.TryEnter(query.To.Client, out var slot))
        {
            return null;
        }

        var waiter = _pool.TryPop(out var pooled) ? pooled : new Waiter(this);
        waiter.Set(query, slot);
        Count++;
        return waiter;
    }

    public void Leave(Waiter waiter)
    {
        Count--;
        _limit.Leave(waiter.LimitSlot);
        waiter.Clear();
        _pool.Push(waiter);
    }

    /// <summary>Replies to every waiter: to this worker's at once, to another worker's on that worker's loop.</summary>
    /// <param name="answer">Empty for a reply without records.</param>
    /// <param name="flags">The answer's; of no meaning when it is empty.</param>
    /// <param name="rcode">That of a reply without records.</param>
    public void Reply(
        Waiter? waiters, ReadOnlySpan<byte> answer, ushort flags, Rcode rcode, in ReplyOrigin origin)
    {
        byte[]? copy = null;
        while (waiters is { } waiter)
        {
            waiters = waiter.Next;
            waiter.Next = null;
            if (waiter.Owner == this)
            {
                ReplyOwn(waiter, answer, flags, rcode, origin);
                continue;
            }
            copy ??= answer.ToArray();
            waiter.Owner.Post(waiter, copy, flags, rcode, origin);
        }
    }

    /// <summary>Any thread may call this.</summary>
    private void Post(Waiter waiter, byte[] answer, ushort flags, Rcode rcode, ReplyOrigin origin) =>
        loop.Post(() => ReplyOwn(waiter, answer, flags, rcode, origin));

    /// <summary>Replies to one waiter. A bug here costs this reply only.</summary>
    private void ReplyOwn(Waiter waiter, ReadOnlySpan<byte> answer, ushort flags, Rcode rcode, in ReplyOrigin origin)
    {
        var to = waiter.To;
        var left = false;
        try
        {
            var length = Write(waiter, answer, flags, rcode, origin);
            Leave(waiter);
            left = true;
            to.Sink.Reply(to, Scratch.AsSpan(0, length));
        }
        catch (Exception bug)
        {
            replies.OnBug(bug);
            if (!left)
            {
                Leave(waiter);
            }

            to.Sink.Forget(to);
        }
    }

    /// <summary>Writes a waiter's reply to <see cref="Scratch"/> and counts it.</summary>
    /// <returns>The length of the reply.</returns>
    private int Write(Waiter waiter, ReadOnlySpan<byte> answer, ushort flags, Rcode rcode, in ReplyOrigin origin)
    {
        int length;
        if (answer.IsEmpty)
        {
            length = ReplyFinish.Empty(Scratch, waiter.Question, waiter.Needs, rcode);
        }
        else
        {
            var questionEnd = DnsHeader.Length + waiter.Question.Length;
            answer.CopyTo(Scratch);
            ReplyFinish.Begin(Scratch, waiter.Question, waiter.Needs, flags);
            length = ReplyFinish.End(Scratch, answer.Length, questionEnd, waiter.Needs, waiter.Zone.Block.Filters);
        }
        if (origin.IsStale)
        {
            waiter.Zone.CacheMetrics?.ServedStale(replies.Counters);
        }

        Span<byte> lowerName = stackalloc byte[DnsName.MaxLength];
        lowerName = lowerName[..(waiter.Question.Length - 4)];
        DnsName.ToLower(waiter.Question[..^4], lowerName);
        replies.Ledger.Note(waiter, lowerName, Scratch.AsSpan(0, length), origin);
        return length;
    }
}

namespace NodeDns.Cache.Upstream;

/// <summary>What has been found out about the way to one server: which kinds of packets do not come through. Shared by
/// all workers.</summary>
/// <remarks>Every field is one word, written by any worker without a lock. Nothing here is for good: what is remembered
/// lapses, and what comes through after all ends it at once.</remarks>
internal sealed class ServerPath
{
    /// <summary>How long a server that rejected EDNS is asked without. RFC 6891 section 6.2.2 allows remembering; an
    /// hour bounds what an upgraded server, or one forged FORMERR, can cost.</summary>
    public const long PlainMs = 3_600_000;

    /// <summary>A port that swallowed a SYN: every minute one query may wait for it.</summary>
    public const long TcpSilentMs = 60_000;

    /// <summary>UDP that only TCP made up for: a lapse costs one query two packets at once.</summary>
    public const long UdpSilentMs = 600_000;

    /// <summary>Large datagrams that were lost: a lapse costs one large answer a retry.</summary>
    public const long SmallMs = 600_000;

    /// <summary>What no path fragments (DNS flag day 2020).</summary>
    public const int SmallOctets = 1232;

    private long _plainUntilMs = long.MinValue;
    private long _ednsAnsweredMs = long.MinValue;
    private long _tcpSilentUntilMs = long.MinValue;
    private long _udpAnsweredMs = long.MinValue;
    private long _udpSilentUntilMs = long.MinValue;
    private long _smallUntilMs = long.MinValue;
    private int _probeClaimed;
    private byte[]? _doubted;

    /// <summary>Whether a query with an OPT record has ever been answered.</summary>
    public bool IsEdnsProven => Volatile.Read(ref _ednsAnsweredMs) != long.MinValue;

    /// <summary>Ask without an OPT record.</summary>
    public bool IsPlain(long nowMs) => Volatile.Read(ref _plainUntilMs) > nowMs;

    public bool EdnsAnsweredSince(long sinceMs) => Volatile.Read(ref _ednsAnsweredMs) >= sinceMs;

    public void RememberPlain(long untilMs) => Volatile.Write(ref _plainUntilMs, untilMs);

    /// <summary>A query with an OPT record was answered, and not with a complaint about it.</summary>
    public void EdnsAnswered(long nowMs)
    {
        Volatile.Write(ref _ednsAnsweredMs, nowMs);
        Forget(ref _plainUntilMs);
        if (Volatile.Read(ref _doubted) is not null)
        {
            TakeDoubt();
        }
    }

    /// <summary>This query, with an OPT record, met silence: a reason to find out once the server answers
    /// another.</summary>
    public void Doubt(ReadOnlySpan<byte> query) => Volatile.Write(ref _doubted, query.ToArray());

    public byte[]? TakeDoubt() => Interlocked.Exchange(ref _doubted, null);

    /// <summary>Its TCP port answers nothing.</summary>
    public bool IsTcpSilent(long nowMs) => Volatile.Read(ref _tcpSilentUntilMs) > nowMs;

    public void TcpSilent(long nowMs) => Volatile.Write(ref _tcpSilentUntilMs, nowMs + TcpSilentMs);

    public void TcpAnswered() => Forget(ref _tcpSilentUntilMs);

    /// <summary>Only TCP is answered: UDP is dropped, or its replies come from an address that nobody asked.</summary>
    public bool IsUdpSilent(long nowMs) => Volatile.Read(ref _udpSilentUntilMs) > nowMs;

    /// <summary><see cref="IsUdpSilent"/> was so and has lapsed: ask both ways at once.</summary>
    public bool IsUdpDoubted(long nowMs) =>
        Volatile.Read(ref _udpSilentUntilMs) is var until && until != long.MinValue && until <= nowMs;

    public void UdpSilent(long nowMs) => Volatile.Write(ref _udpSilentUntilMs, nowMs + UdpSilentMs);

    public bool UdpAnsweredSince(long sinceMs) => Volatile.Read(ref _udpAnsweredMs) >= sinceMs;

    public void UdpAnswered(long nowMs)
    {
        Volatile.Write(ref _udpAnsweredMs, nowMs);
        Forget(ref _udpSilentUntilMs);
    }

    /// <summary>The UDP payload size to offer at most, in octets.</summary>
    public int OfferAtMost(long nowMs) => Volatile.Read(ref _smallUntilMs) > nowMs ? SmallOctets : ushort.MaxValue;

    public void LargeLost(long nowMs) => Volatile.Write(ref _smallUntilMs, nowMs + SmallMs);

    /// <returns>true for the one worker that may run an <see cref="EdnsProbe"/>.</returns>
    public bool TakeEdnsProbe() => Interlocked.Exchange(ref _probeClaimed, 1) == 0;

    public void ReleaseEdnsProbe() => Interlocked.Exchange(ref _probeClaimed, 0);

    /// <summary>Nearly always there is nothing to forget, and a line that all workers read stays clean.</summary>
    private static void Forget(ref long untilMs)
    {
        if (Volatile.Read(ref untilMs) != long.MinValue)
        {
            Volatile.Write(ref untilMs, long.MinValue);
        }
    }
}

namespace NodeDns.Cache.Upstream;

/// <summary>What is known about the network path to one server: which kinds of packets do not get through. Shared by
/// all workers.</summary>
/// <remarks>Each field is one word that any worker writes without a lock. Everything here expires, and a packet that
/// gets through ends it at once.</remarks>
internal sealed class ServerPath
{
    /// <summary>How long a server that rejected EDNS is asked without. RFC 6891 section 6.2.2 allows to remember this;
    /// an hour limits what a forged FORMERR, or a server that was upgraded, can cost.</summary>
    public const long PlainMs = 3_600_000;

    /// <summary>How long a TCP port that did not answer a SYN is avoided. After that, one query may have to wait for
    /// it.</summary>
    public const long TcpSilentMs = 60_000;

    /// <summary>How long UDP is avoided after only TCP was answered. After that, one query is sent over both.</summary>
    public const long UdpSilentMs = 600_000;

    /// <summary>How long small answers are asked for after large datagrams were lost. After that, one large answer may
    /// need a retry.</summary>
    public const long SmallMs = 600_000;

    /// <summary>A size that no path fragments (DNS flag day 2020).</summary>
    public const int SmallOctets = 1232;

    private long _plainUntilMs = long.MinValue;
    private long _ednsAnsweredMs = long.MinValue;
    private long _tcpSilentUntilMs = long.MinValue;
    private long _udpAnsweredMs = long.MinValue;
    private long _udpSilentUntilMs = long.MinValue;
    private long _smallUntilMs = long.MinValue;
    private int _probeClaimed;
    private byte[]? _doubted;

    /// <summary>True when a query with an OPT record has been answered at least once.</summary>
    public bool IsEdnsProven => Volatile.Read(ref _ednsAnsweredMs) != long.MinValue;

    /// <summary>True when the server must be asked without an OPT record.</summary>
    public bool IsPlain(long nowMs) => Volatile.Read(ref _plainUntilMs) > nowMs;

    public bool EdnsAnsweredSince(long sinceMs) => Volatile.Read(ref _ednsAnsweredMs) >= sinceMs;

    public void RememberPlain(long untilMs) => Volatile.Write(ref _plainUntilMs, untilMs);

    /// <summary>Records that a query with an OPT record was answered without a complaint about it.</summary>
    public void EdnsAnswered(long nowMs)
    {
        Volatile.Write(ref _ednsAnsweredMs, nowMs);
        Forget(ref _plainUntilMs);
        if (Volatile.Read(ref _doubted) is not null)
        {
            TakeDoubt();
        }
    }

    /// <summary>Keeps a query with an OPT record that was not answered. It is tried again, with and without OPT, once
    /// the server answers anything.</summary>
    public void Doubt(ReadOnlySpan<byte> query) => Volatile.Write(ref _doubted, query.ToArray());

    public byte[]? TakeDoubt() => Interlocked.Exchange(ref _doubted, null);

    /// <summary>True when the TCP port does not answer.</summary>
    public bool IsTcpSilent(long nowMs) => Volatile.Read(ref _tcpSilentUntilMs) > nowMs;

    public void TcpSilent(long nowMs) => Volatile.Write(ref _tcpSilentUntilMs, nowMs + TcpSilentMs);

    public void TcpAnswered() => Forget(ref _tcpSilentUntilMs);

    /// <summary>True when only TCP is answered, because UDP packets are dropped or replies come from another
    /// address.</summary>
    public bool IsUdpSilent(long nowMs) => Volatile.Read(ref _udpSilentUntilMs) > nowMs;

    /// <summary>True when <see cref="IsUdpSilent"/> was true and has expired: ask over both protocols at
    /// once.</summary>
    public bool IsUdpDoubted(long nowMs) =>
        Volatile.Read(ref _udpSilentUntilMs) is var until && until != long.MinValue && until <= nowMs;

    public void UdpSilent(long nowMs) => Volatile.Write(ref _udpSilentUntilMs, nowMs + UdpSilentMs);

    public bool UdpAnsweredSince(long sinceMs) => Volatile.Read(ref _udpAnsweredMs) >= sinceMs;

    public void UdpAnswered(long nowMs)
    {
        Volatile.Write(ref _udpAnsweredMs, nowMs);
        Forget(ref _udpSilentUntilMs);
    }

    /// <summary>The largest UDP payload size to offer, in octets.</summary>
    public int OfferAtMost(long nowMs) => Volatile.Read(ref _smallUntilMs) > nowMs ? SmallOctets : ushort.MaxValue;

    public void LargeLost(long nowMs) => Volatile.Write(ref _smallUntilMs, nowMs + SmallMs);

    /// <returns>true for the one worker that may run an <see cref="EdnsProbe"/>.</returns>
    public bool TakeEdnsProbe() => Interlocked.Exchange(ref _probeClaimed, 1) == 0;

    public void ReleaseEdnsProbe() => Interlocked.Exchange(ref _probeClaimed, 0);

    /// <summary>Writes only if there is something to forget, which is rare, so that the cache line that all workers
    /// read stays unmodified.</summary>
    private static void Forget(ref long untilMs)
    {
        if (Volatile.Read(ref untilMs) != long.MinValue)
        {
            Volatile.Write(ref untilMs, long.MinValue);
        }
    }
}

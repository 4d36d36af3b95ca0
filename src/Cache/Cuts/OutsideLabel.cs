namespace NodeDns.Cache.Cuts;

/// <summary>A label below which the cluster has no names, as far as is known: the last label of names that resolved outside
/// the cluster, or <c>local</c>. Shared by all workers.</summary>
internal sealed class OutsideLabel(byte[] text, bool isSeen, long offUntilMs = long.MinValue)
{
    /// <summary>How long a label is off after cluster DNS has contradicted a denial.</summary>
    public const long OffMs = 3_600_000;

    private long _lastSeenMs;
    private volatile bool _hasEnded;

    public ReadOnlySpan<byte> Text => text;

    /// <summary>A name with this label resolved outside the cluster. False for <c>local</c> before that.</summary>
    public bool IsSeen => isSeen;

    /// <summary>It counts without having been seen: multicast DNS uses it, and pods ask for the cluster's own full
    /// names.</summary>
    public bool IsPermanent { get; } = text.AsSpan().SequenceEqual("local"u8);

    /// <summary>For the table, which replaces the label that was not seen for the longest time.</summary>
    public long LastSeenMs => Volatile.Read(ref _lastSeenMs);

    /// <summary>The table has another label in its place: what was learnt with this one holds no longer.</summary>
    public bool HasEnded => _hasEnded;

    public void End() => _hasEnded = true;

    public bool IsOffAt(long nowMs) => nowMs < offUntilMs;

    public void SeenAt(long nowMs)
    {
        // Other workers read it: not written at each question.
        if (nowMs - LastSeenMs >= 1000)
        {
            Volatile.Write(ref _lastSeenMs, nowMs);
        }
    }
}

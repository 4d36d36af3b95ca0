using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Store;

/// <summary>What <see cref="AnswerStore.TryGet"/> found, besides the records that it copied.</summary>
internal readonly struct StoredAnswer
{
    internal StoredAnswer(in EntryHead head, uint entry)
    {
        Entry = entry;
        Kind = head.Kind;
        HeaderFlags = head.HeaderFlags;
        TtlSeconds = head.TtlSeconds;
        StoredMs = head.StoredMs;
        ExpiresMs = head.ExpiresMs;
        RecordsLength = head.RecordsLength;
    }

    internal uint Entry { get; }

    public AnswerKind Kind { get; }

    /// <summary>Flags and RCODE as upstream sent them.</summary>
    public ushort HeaderFlags { get; }

    public Rcode Rcode => (Rcode)(HeaderFlags & DnsHeader.RcodeMask);

    /// <summary>The TTL that the answer was stored with.</summary>
    public uint TtlSeconds { get; }

    public long StoredMs { get; }

    public long ExpiresMs { get; }

    /// <summary>Octets that were copied after the question. With <see cref="GetOutcome.TooLarge"/>, the octets that
    /// would have been.</summary>
    public int RecordsLength { get; }

    /// <summary>Whole seconds that are left; 0 for an expired entry.</summary>
    public uint RemainingSeconds(long nowMs)
    {
        if (nowMs >= ExpiresMs)
        {
            return 0;
        }

        var aged = (nowMs - StoredMs) / 1000;
        return aged >= TtlSeconds ? 0 : TtlSeconds - (uint)Math.Max(aged, 0);
    }
}

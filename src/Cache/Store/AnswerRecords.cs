namespace NodeDns.Cache.Store;

/// <summary>An answer to store. Its spans point into the message that it came in.</summary>
internal readonly ref struct AnswerRecords
{
    public required AnswerKind Kind { get; init; }

    /// <summary>Flags and RCODE of the message's header.</summary>
    public required ushort HeaderFlags { get; init; }

    /// <summary>ANCOUNT, NSCOUNT and ARCOUNT without the OPT record: six octets, as in the header.</summary>
    public required ReadOnlySpan<byte> Counts { get; init; }

    /// <summary>Everything after the question, without the OPT record.</summary>
    public required ReadOnlySpan<byte> Records { get; init; }

    /// <summary>Offsets of the TTL fields in <see cref="Records"/>.</summary>
    public required ReadOnlySpan<ushort> TtlOffsets { get; init; }

    public required uint TtlSeconds { get; init; }
}

namespace NodeDns.Cache.Store;

/// <summary>An answer as the store takes it: views over the message it came in.</summary>
internal readonly ref struct AnswerRecords
{
    public required AnswerKind Kind { get; init; }

    /// <summary>Flags and RCODE of the message.</summary>
    public required ushort HeaderFlags { get; init; }

    /// <summary>ANCOUNT, NSCOUNT, ARCOUNT without the OPT record: six octets as in the header.</summary>
    public required ReadOnlySpan<byte> Counts { get; init; }

    /// <summary>Everything after the question, without the OPT record.</summary>
    public required ReadOnlySpan<byte> Records { get; init; }

    /// <summary>Where in <see cref="Records"/> the TTL fields stand.</summary>
    public required ReadOnlySpan<ushort> TtlOffsets { get; init; }

    public required uint TtlSeconds { get; init; }
}

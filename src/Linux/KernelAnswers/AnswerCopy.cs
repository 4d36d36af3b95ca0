namespace NodeDns.Linux.KernelAnswers;

/// <summary>One answer for <see cref="AnswerSlots.Write"/>.</summary>
public readonly ref struct AnswerCopy
{
    /// <summary>The number of the address that it answers at.</summary>
    public required int Server { get; init; }

    /// <summary>Lower-case wire form, at most <see cref="AnswerSlots.MaxName"/> octets.</summary>
    public required ReadOnlySpan<byte> Name { get; init; }

    public required ushort Type { get; init; }

    /// <summary>Flags and RCODE of the reply; of the flags only TC and AD are used.</summary>
    public required ushort HeaderFlags { get; init; }

    /// <summary>When the TTL began to count down, on the monotonic clock.</summary>
    public required long StoredMs { get; init; }

    /// <summary>From when on it is no longer used, on the monotonic clock.</summary>
    public required long UntilMs { get; init; }

    public required uint TtlSeconds { get; init; }

    /// <summary>The TTL does not count down.</summary>
    public required bool KeepsTtl { get; init; }

    /// <summary>The UDP payload size that our OPT offers, and the most that a client with OPT is sent.</summary>
    public required ushort UdpSize { get; init; }

    /// <summary>Octets 6 to 11 of the message, without OPT.</summary>
    public required ReadOnlySpan<byte> Counts { get; init; }

    /// <summary>Everything after the question, without OPT; 1 to <see cref="AnswerSlots.MaxRecords"/> octets.</summary>
    public required ReadOnlySpan<byte> Records { get; init; }

    /// <summary>From the start of the records; at most <see cref="AnswerSlots.MaxTtls"/>.</summary>
    public required ReadOnlySpan<ushort> TtlOffsets { get; init; }
}

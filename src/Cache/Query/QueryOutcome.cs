namespace NodeDns.Cache.Query;

/// <summary>What became of a query that was handed to <see cref="QueryHandler"/>.</summary>
internal readonly record struct QueryOutcome
{
    private QueryOutcome(int value) => Length = value;

    /// <summary>Octets of the reply that stands in the caller's buffer; 0 when none is to be sent now.</summary>
    public int Length { get; }

    /// <summary>A reply stands in the buffer: send it.</summary>
    public bool IsReply => Length > 0;

    /// <summary>The reply comes later, through the <see cref="IReplySink"/>.</summary>
    public bool IsPending => Length < 0;

    /// <summary>The client gets nothing.</summary>
    public static QueryOutcome Drop => new(0);

    public static QueryOutcome Pending => new(-1);

    public static QueryOutcome Reply(int length) => new(length);
}

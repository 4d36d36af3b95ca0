namespace NodeDns.Cache.Query;

/// <summary>What <see cref="QueryHandler"/> did with a query.</summary>
internal readonly record struct QueryOutcome
{
    private QueryOutcome(int value) => Length = value;

    /// <summary>Length of the reply in the caller's buffer; 0 when nothing is to be sent, negative when the reply comes
    /// later.</summary>
    public int Length { get; }

    /// <summary>The buffer holds a reply: send it.</summary>
    public bool IsReply => Length > 0;

    /// <summary>The reply comes later, through the <see cref="IReplySink"/>.</summary>
    public bool IsPending => Length < 0;

    /// <summary>The client gets no reply.</summary>
    public static QueryOutcome Drop => new(0);

    public static QueryOutcome Pending => new(-1);

    public static QueryOutcome Reply(int length) => new(length);
}

namespace NodeDns.Cache.Store;

/// <summary>The kinds of stored answers.</summary>
internal enum AnswerKind : byte
{
    /// <summary>NOERROR with the records asked for, or a referral.</summary>
    Success,

    /// <summary>NXDOMAIN or NODATA, proven by a SOA record (RFC 2308).</summary>
    Denial,

    /// <summary>Upstream failed: SERVFAIL, NOTIMP, or no answer at all (RFC 9520). Stored under a separate key
    /// (<see cref="KeyFlags.Failure"/>), so that it never hides a usable answer.</summary>
    Failure,
}

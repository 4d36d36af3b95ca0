namespace NodeDns.Telemetry.Tap;

/// <summary>Where a reply came from. The numbers are part of <see cref="TapEntry"/>'s layout.</summary>
public enum TapSource : byte
{
    /// <summary>The server itself: REFUSED, FORMERR, SERVFAIL after a failure.</summary>
    Server,

    /// <summary>Memory, a positive answer.</summary>
    Hit,

    /// <summary>Memory, a denial or a failure remembered.</summary>
    Denied,

    /// <summary>Memory, an answer that had expired (RFC 8767).</summary>
    Stale,

    /// <summary>An upstream server.</summary>
    Upstream,

    /// <summary>A directive of the Corefile: hosts, template, acl, rewrite and their like.</summary>
    Rule,

    /// <summary>The guard has passed it on to cluster DNS, as octets, while the cache was away.</summary>
    Relay,
}

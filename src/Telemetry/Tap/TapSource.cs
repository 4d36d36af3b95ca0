namespace NodeDns.Telemetry.Tap;

/// <summary>The origin of a reply. The numbers are part of <see cref="TapEntry"/>'s layout.</summary>
public enum TapSource : byte
{
    /// <summary>The server itself: REFUSED, FORMERR, or SERVFAIL after a failure.</summary>
    Server,

    /// <summary>The store: a positive answer.</summary>
    Hit,

    /// <summary>The store: a denial or a failure.</summary>
    Denied,

    /// <summary>The store: an expired answer (RFC 8767).</summary>
    Stale,

    /// <summary>An upstream server.</summary>
    Upstream,

    /// <summary>A directive of the Corefile, such as hosts, template, acl or rewrite.</summary>
    Rule,

    /// <summary>search_cut: a denial from memory of a name that was not asked for before.</summary>
    Cut,

    /// <summary>Cluster DNS, through the guard's relay. The guard does not parse messages, so name, type and rcode are
    /// not known.</summary>
    Relay,
}

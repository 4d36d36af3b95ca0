namespace NodeDns.Telemetry;

/// <summary>Who wrote a reply: the <c>plugin</c> label of <c>coredns_dns_responses_total</c>.
/// <see cref="ServerMetrics"/> lists the label's values in the same order.</summary>
public enum AnsweredBy
{
    /// <summary>The server itself (REFUSED, FORMERR, SERVFAIL after a failure): the label is empty.</summary>
    Server,
    Cache,
    Forward,
    Acl,
    Any,
    Hosts,
    Local,
    Loop,
    Template,
    Whoami,
    Dns64,
    Rewrite,
}

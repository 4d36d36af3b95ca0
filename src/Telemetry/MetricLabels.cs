namespace NodeDns.Telemetry;

/// <summary>The values of CoreDNS's labels, and how to get the index of a value from the number on the wire.</summary>
public static class MetricLabels
{
    public static readonly MetricDimension Proto = new("proto", ["udp", "tcp"]);

    /// <summary>1 is IPv4, 2 is IPv6.</summary>
    public static readonly MetricDimension Family = new("family", ["1", "2"]);

    /// <summary>The query types that CoreDNS counts separately. All others are <c>other</c>.</summary>
    public static readonly MetricDimension Type = new(
        "type",
        [
            "other", "A", "AAAA", "ANY", "AXFR", "CNAME", "DNSKEY", "DS", "HTTPS", "IXFR", "MX", "NS", "NSEC", "NSEC3",
            "PTR", "RRSIG", "SOA", "SRV", "SVCB", "TXT",
        ]);

    /// <summary>Rcodes by number up to 23 (BADCOOKIE). All others are <c>other</c>.</summary>
    public static readonly MetricDimension Rcode = new(
        "rcode",
        [
            "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
            "NOTAUTH", "NOTZONE", "DSOTYPENI", "12", "13", "14", "15", "BADVERS", "BADKEY", "BADTIME", "BADMODE",
            "BADNAME", "BADALG", "BADTRUNC", "BADCOOKIE", "other",
        ]);

    /// <summary>In the order of <see cref="AnsweredBy"/>.</summary>
    public static readonly MetricDimension Plugin = new(
        "plugin",
        [
            "", "cache", "forward", "acl", "any", "hosts", "local", "loop", "template", "whoami", "dns64", "rewrite",
        ]);

    /// <summary>The transport of a connection to an upstream.</summary>
    public static readonly MetricDimension UpstreamProto = new("proto", ["udp", "tcp", "tcp-tls"]);

    /// <summary>CoreDNS's names for the two parts of its cache.</summary>
    public static readonly MetricDimension CacheType = new("type", ["success", "denial"]);

    public static int TypeIndex(ushort qtype) => qtype switch
    {
        1 => 1,
        28 => 2,
        255 => 3,
        252 => 4,
        5 => 5,
        48 => 6,
        43 => 7,
        65 => 8,
        251 => 9,
        15 => 10,
        2 => 11,
        47 => 12,
        50 => 13,
        12 => 14,
        46 => 15,
        6 => 16,
        33 => 17,
        64 => 18,
        16 => 19,
        _ => 0,
    };

    public static int RcodeIndex(int rcode) => (uint)rcode < 24 ? rcode : 24;
}

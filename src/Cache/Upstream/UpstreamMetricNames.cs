namespace NodeDns.Cache.Upstream;

/// <summary>What CoreDNS does not count.</summary>
internal static class UpstreamMetricNames
{
    public const string Mismatches = "coredns_nodecache_upstream_mismatches_total";

    public const string MismatchesHelp =
        "Counter of replies dropped because their id, question or opcode was not the query's: forged, or very late.";
}

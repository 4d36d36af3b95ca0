namespace NodeDns.Corefile;

/// <summary>Replaces the variables of the official manifest, by node-cache's rules, keeping every line where it was.
/// </summary>
public static class PillarText
{
    public const string ClusterDns = "__PILLAR__CLUSTER__DNS__";
    public const string Domain = "__PILLAR__DNS__DOMAIN__";
    public const string DnsServer = "__PILLAR__DNS__SERVER__";
    public const string LocalDns = "__PILLAR__LOCAL__DNS__";
    public const string UpstreamServers = "__PILLAR__UPSTREAM__SERVERS__";
    public const string PrometheusEndpoint = "__PROMETHEUS__ENDPOINT__";

    /// <summary>What upstreams are when the kube-dns ConfigMap names none: the node's own, by dnsPolicy Default.</summary>
    public const string UpstreamDefault = "/etc/resolv.conf";

    // Exactly as old manifests write it: servers of one's own are asked by the client's protocol, not by force over TCP.
    private const string ForcedUpstream =
        $"\n    forward . {UpstreamServers} {{\n            force_tcp\n    }}\n";

    /// <summary>A variable without a value stays; the loader then says what it needs.</summary>
    public static string Replace(string text, PillarValues values)
    {
        if (!text.Contains("__P", StringComparison.Ordinal))
        {
            return text;
        }

        if (!values.UpstreamServers.IsEmpty)
        {
            text = text.Replace(ForcedUpstream, $"\n    forward . {UpstreamServers}\n\n\n", StringComparison.Ordinal);
        }

        var upstream = values.UpstreamServers.IsEmpty ? UpstreamDefault : string.Join(' ', values.UpstreamServers);
        text = Put(text, UpstreamServers, upstream);
        text = Put(text, ClusterDns, values.ClusterDns);
        text = Put(text, Domain, values.ClusterDomain);
        text = Put(text, LocalDns, values.LocalAddresses.IsEmpty ? null : string.Join(' ', values.LocalAddresses));
        text = Put(text, PrometheusEndpoint, values.PrometheusEndpoint);
        return Put(text, DnsServer, values.DnsServer ?? "");
    }

    /// <summary>What a word with a variable left in it needs; null for a word without one.</summary>
    internal static string? Leftover(string word)
    {
        if (!word.Contains("__P", StringComparison.Ordinal))
        {
            return null;
        }

        if (word.Contains(ClusterDns, StringComparison.Ordinal))
        {
            return "expected the address of cluster DNS in its place: give it with --cluster-dns (node-cache: "
                + "-upstreamsvc)";
        }

        if (word.Contains(Domain, StringComparison.Ordinal))
        {
            return "expected the cluster's domain in its place: give it with --cluster-domain";
        }

        if (word.Contains(LocalDns, StringComparison.Ordinal))
        {
            return "expected the local addresses in its place: give them with --local-address (node-cache: "
                + "-localip)";
        }

        if (word.Contains(PrometheusEndpoint, StringComparison.Ordinal))
        {
            return "expected an address in its place: give it with --prometheus-endpoint (node-cache: "
                + "-prometheus-listen-address)";
        }

        return word.Contains("__PILLAR__", StringComparison.Ordinal)
            ? "expected a variable of the official manifest: this one is not known"
            : null;
    }

    private static string Put(string text, string variable, string? value) =>
        value is null ? text : text.Replace(variable, value, StringComparison.Ordinal);
}

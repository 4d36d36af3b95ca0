namespace NodeDns.Corefile;

/// <summary>Replaces the variables of the official manifest by node-cache's rules, without changing line
/// numbers.</summary>
public static class PillarText
{
    public const string ClusterDns = "__PILLAR__CLUSTER__DNS__";
    public const string Domain = "__PILLAR__DNS__DOMAIN__";
    public const string DnsServer = "__PILLAR__DNS__SERVER__";
    public const string LocalDns = "__PILLAR__LOCAL__DNS__";
    public const string UpstreamServers = "__PILLAR__UPSTREAM__SERVERS__";
    public const string PrometheusEndpoint = "__PROMETHEUS__ENDPOINT__";

    /// <summary>The upstream servers if the kube-dns ConfigMap names none: with dnsPolicy Default, these are the node's
    /// own.</summary>
    public const string UpstreamDefault = "/etc/resolv.conf";

    // The text exactly as in old manifests. force_tcp is dropped for servers that the operator has configured, so that
    // they are asked over the client's protocol.
    private const string ForcedUpstream =
        $"\n    forward . {UpstreamServers} {{\n            force_tcp\n    }}\n";

    /// <summary>Variables without a value are not replaced. The loader then reports what they need.</summary>
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

    /// <summary>What is needed for a variable that is left in a word; null for a word without one.</summary>
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

using System.Collections.Frozen;
using NodeDns.Corefile.Directives;

namespace NodeDns.Corefile;

/// <summary>Every directive: those read here, and those of CoreDNS that are not, with the nearest thing that is.</summary>
internal static class DirectiveTable
{
    private const string ClusterDns = "forward to the cluster's own DNS, which runs this directive";

    private static readonly FrozenDictionary<string, Func<ServerBlockConfig, DirectiveScope, ServerBlockConfig>> s_readers =
        new Dictionary<string, Func<ServerBlockConfig, DirectiveScope, ServerBlockConfig>>
        {
            ["acl"] = AclReader.Read,
            ["any"] = AnyReader.Read,
            ["bind"] = BindReader.Read,
            ["bufsize"] = BufsizeReader.Read,
            ["cache"] = CacheReader.Read,
            ["cancel"] = CancelReader.Read,
            ["debug"] = DebugReader.Read,
            ["dns64"] = Dns64Reader.Read,
            ["errors"] = ErrorsReader.Read,
            ["forward"] = ForwardReader.Read,
            ["health"] = HealthReader.Read,
            ["hosts"] = HostsReader.Read,
            ["loadbalance"] = LoadbalanceReader.Read,
            ["local"] = LocalReader.Read,
            ["log"] = LogReader.Read,
            ["loop"] = LoopReader.Read,
            ["minimal"] = MinimalReader.Read,
            ["pprof"] = PprofReader.Read,
            ["prometheus"] = PrometheusReader.Read,
            ["ready"] = ReadyReader.Read,
            ["reload"] = ReloadReader.Read,
            ["rewrite"] = RewriteReader.Read,
            ["template"] = TemplateReader.Read,
            ["timeouts"] = TimeoutsReader.Read,
            ["trace"] = TraceReader.Read,
            ["whoami"] = WhoamiReader.Read,
        }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string> s_nearest = new Dictionary<string, string>
    {
        ["auto"] = ClusterDns,
        ["autopath"] = "no directive: pods' search lists are set by the webhook (nodedns.io/ndots)",
        ["azure"] = ClusterDns,
        ["chaos"] = "template CH TXT",
        ["clouddns"] = ClusterDns,
        ["dnssec"] = ClusterDns,
        ["dnstap"] = "log",
        ["erratic"] = "template with rcode",
        ["etcd"] = ClusterDns,
        ["file"] = "hosts or template",
        ["geoip"] = "acl with net",
        ["grpc"] = "forward",
        ["grpc_server"] = "a zone without grpc://",
        ["header"] = "no directive: replies carry the flags the RFCs ask for",
        ["https"] = "a zone without https://",
        ["https3"] = "a zone without https3://",
        ["k8s_external"] = ClusterDns,
        ["kubernetes"] = ClusterDns,
        ["metadata"] = "log with its {placeholders}",
        ["multisocket"] = "no directive: every core has its own socket",
        ["nomad"] = ClusterDns,
        ["nsid"] = "rewrite edns0 nsid",
        ["on"] = "a container's lifecycle hooks",
        ["proxyproto"] = "acl with net",
        ["quic"] = "a zone without quic://",
        ["root"] = "absolute paths",
        ["route53"] = ClusterDns,
        ["secondary"] = ClusterDns,
        ["shed"] = "forward with max_concurrent",
        ["sign"] = ClusterDns,
        ["tls"] = "a zone without tls://; for upstreams, tls within forward",
        ["transfer"] = ClusterDns,
        ["tsig"] = ClusterDns,
        ["view"] = "acl, or blocks with different bind addresses",
    }.ToFrozenDictionary();

    public static IEnumerable<string> Supported => s_readers.Keys.Order(StringComparer.Ordinal);

    /// <summary>null for a directive that is not read here.</summary>
    public static Func<ServerBlockConfig, DirectiveScope, ServerBlockConfig>? Reader(string name) =>
        s_readers.GetValueOrDefault(name);

    /// <summary>The error for one that is not.</summary>
    public static string Expected(string name)
    {
        if (s_nearest.TryGetValue(name, out var nearest))
        {
            return $"expected a directive this server has; nearest to it: {nearest}";
        }

        var like = s_readers.Keys.Order(StringComparer.Ordinal).MinBy(known => Distance(known, name))!;
        return Distance(like, name) <= 2
            ? $"expected a directive; did you mean {like}?"
            : $"expected one of {string.Join(", ", Supported)}";
    }

    /// <summary>Edits between two words (Levenshtein); 99 for words too different in length to matter.</summary>
    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 2)
        {
            return 99;
        }

        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}

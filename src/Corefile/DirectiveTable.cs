using System.Collections.Frozen;
using System.Collections.Immutable;
using NodeDns.Corefile.Directives;

namespace NodeDns.Corefile;

/// <summary>All directives: those that are supported, and those of CoreDNS that are not, with the nearest
/// alternative.</summary>
/// <remarks>A new directive needs its own files, a property of <see cref="ServerBlockConfig"/> and a row here. If it is
/// a step that handles queries, it also needs a row in the cache's StepTable.</remarks>
public static class DirectiveTable
{
    private const string ClusterDns = "forward to the cluster's own DNS, which runs this directive";

    /// <summary>The directives in the order of CoreDNS's plugin.cfg. A query passes the steps from first to last,
    /// whatever the order in the file, and a reply from last to first.</summary>
    public static ImmutableArray<Directive> InOrder { get; } =
    [
        Directive.Once("cancel", CancelReader.Read, block => block.Cancel,
            cancel => $"after {DirectiveLines.Of(cancel.Timeout)}", shapesAnswers: true),
        Directive.Once("timeouts", TimeoutsReader.Read, block => block.Timeouts, DirectiveLines.Of),
        Directive.Once("reload", ReloadReader.Read, block => block.Reload,
            reload => $"every {DirectiveLines.Of(reload.Interval)}, jitter {DirectiveLines.Of(reload.Jitter)}"),
        Directive.Once("bufsize", BufsizeReader.Read, block => block.Bufsize,
            bufsize => $"{bufsize.Bytes} bytes", shapesAnswers: true),
        // No description: `check` always prints the listen addresses first, even if there is no bind.
        Directive.Once("bind", BindReader.Read, block => block.Bind, null),
        Directive.Once("debug", DebugReader.Read, block => block.Debug, _ => "debug messages to the log"),
        Directive.Once("trace", TraceReader.Read, block => block.Trace, null, isStep: true),
        Directive.Once("ready", ReadyReader.Read, block => block.Ready, ready => ready.Address.ToString()),
        Directive.Once("health", HealthReader.Read, block => block.Health, DirectiveLines.Of),
        Directive.Once("pprof", PprofReader.Read, block => block.Pprof, null),
        Directive.Once("prometheus", PrometheusReader.Read, block => block.Prometheus,
            prometheus => prometheus.Address.ToString(), isStep: true),
        Directive.Once("errors", ErrorsReader.Read, block => block.Errors,
            errors => errors.Consolidate.IsEmpty ? "to the log" : $"{errors.Consolidate.Length} consolidated", isStep: true),
        Directive.Once("log", LogReader.Read, block => block.Log, DirectiveLines.Of, isStep: true),
        Directive.Many("dnstap", DnstapReader.Read, block => block.Dnstap, DirectiveLines.Of, isStep: true),
        Directive.Once("local", LocalReader.Read, block => block.Local, _ => "localhost and loopback names", isStep: true),
        Directive.Once("dns64", Dns64Reader.Read, block => block.Dns64, dns64 => dns64.Prefix.ToString(), isStep: true),
        Directive.Once("acl", AclReader.Read, block => block.Acl,
            acl => $"{acl.Rules.Sum(rule => rule.Policies.Length)} policies", isStep: true),
        Directive.Once("any", AnyReader.Read, block => block.Any, _ => "HINFO", isStep: true),
        Directive.Once("loadbalance", LoadbalanceReader.Read, block => block.Loadbalance, DirectiveLines.Of, isStep: true),
        Directive.InBlock("cache", CacheReader.Read, block => block.Cache, DirectiveLines.Of, isStep: true,
            shapesAnswers: true),
        Directive.Once("search_cut", SearchCutReader.Read, block => block.SearchCut,
            cut => cut.WhyOff is { } why ? $"off: {why}" : $"below {cut.Domain}", isStep: true),
        Directive.Once("rewrite", RewriteReader.Read, block => block.Rewrite,
            rewrite => $"{rewrite.Rules.Length} rules", isStep: true, shapesAnswers: true),
        Directive.Once("minimal", MinimalReader.Read, block => block.Minimal, _ => "answer section only", isStep: true),
        Directive.Once("template", TemplateReader.Read, block => block.Template,
            template => $"{template.Rules.Length} rules", isStep: true, shapesAnswers: true),
        Directive.Once("hosts", HostsReader.Read, block => block.Hosts,
            hosts => $"{hosts.Path}, {hosts.Inline.Length} entries here", isStep: true, shapesAnswers: true),
        Directive.Once("loop", LoopReader.Read, block => block.Loop, _ => "looked for at start", isStep: true),
        Directive.Many("forward", ForwardReader.Read, block => block.Forward, DirectiveLines.Of, isStep: true,
            shapesAnswers: true),
        Directive.Once("whoami", WhoamiReader.Read, block => block.Whoami, _ => "everything else", isStep: true),
    ];

    private static readonly FrozenDictionary<string, Directive> s_byName =
        InOrder.ToFrozenDictionary(directive => directive.Name);

    private static readonly FrozenDictionary<string, string> s_nearest = new Dictionary<string, string>
    {
        ["auto"] = ClusterDns,
        ["autopath"] = "no directive: pods' search lists are set by the webhook (nodedns.io/ndots)",
        ["azure"] = ClusterDns,
        ["chaos"] = "template CH TXT",
        ["clouddns"] = ClusterDns,
        ["dnssec"] = ClusterDns,
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

    public static IEnumerable<string> Supported => s_byName.Keys.Order(StringComparer.Ordinal);

    /// <summary>null for a directive that is not supported.</summary>
    public static Directive? Find(string name) => s_byName.GetValueOrDefault(name);

    /// <summary>The error for a directive that is not supported.</summary>
    public static string Expected(string name)
    {
        if (s_nearest.TryGetValue(name, out var nearest))
        {
            return $"expected a directive this server has; nearest to it: {nearest}";
        }

        var like = Supported.MinBy(known => Distance(known, name))!;
        return Distance(like, name) <= 2
            ? $"expected a directive; did you mean {like}?"
            : $"expected one of {string.Join(", ", Supported)}";
    }

    /// <summary>The Levenshtein distance between two words; 99 when their lengths are too different.</summary>
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

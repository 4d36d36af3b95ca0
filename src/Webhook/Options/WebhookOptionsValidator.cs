using System.Collections.Frozen;
using System.Net;
using NodeDns.Injection.Decide;

namespace NodeDns.Webhook.Options;

/// <summary>Turns text into <see cref="WebhookOptions"/>, detecting what was left to detect.</summary>
internal static class WebhookOptionsValidator
{
    private const int MaxAddresses = 2;

    private static readonly SkipReason[] s_ignorable =
        [SkipReason.Fargate, SkipReason.VirtualNode, SkipReason.BypassesHost, SkipReason.DnsServer];

    /// <param name="reader">Receives every error.</param>
    /// <param name="readFile">The text of a file, or null when it cannot be read.</param>
    /// <returns>null when there is an error.</returns>
    public static WebhookOptions? Validate(OptionsReader reader, Func<string, string?> readFile)
    {
        var remarks = new List<string>();
        var dns = Dns(reader, readFile, remarks);
        var listen = Listen(reader, "listen");
        var metricsListen = Listen(reader, "metrics-listen");
        if (listen.Clashes(metricsListen))
        {
            reader.Fail("metrics-listen", $"--listen has port {listen.Port} already: expected another port");
        }

        var options = new WebhookOptions
        {
            Listen = listen,
            MetricsListen = metricsListen,
            TlsCert = Required(reader, "tls-cert"),
            TlsKey = Required(reader, "tls-key"),
            TlsPoll = TimeSpan.FromSeconds(reader.Number("tls-poll-seconds", 1, 3600)),
            Injection = new InjectionSettings(dns, Selection(reader)),
            NamespaceSettings = reader.Flag("namespace-settings"),
            Probe = Probe(reader, dns),
            ShutdownDelay = TimeSpan.FromSeconds(reader.Number("shutdown-delay-seconds", 0, 300)),
            LogLevel = Level(reader),
            Remarks = remarks,
        };
        return reader.Errors.Count == 0 ? options : null;
    }

    private static DnsModel Dns(OptionsReader reader, Func<string, string?> readFile, List<string> remarks)
    {
        var limits = new ApiLimits
        {
            MaxSearches = reader.Number("max-searches", 3, 32),
            MaxSearchChars = reader.Number("max-search-chars", 256, 2048),
            AllowUnderscores = reader.Flag("allow-underscore-searches"),
        };
        var path = reader.Text("resolv-conf");
        var conf = ResolvConf.Parse(path, readFile(path) ?? "");
        var local = Local(reader);
        var fallback = ReadFallback(reader);
        var domain = Domain(reader, conf, remarks);
        var cluster = ClusterDns(reader, conf, local, fallback == Fallback.ClusterDns || local.Count == 0, remarks);
        CheckFamilies(reader, local, cluster);
        if (local.Count + cluster.Count > ApiLimits.MaxNameservers && fallback == Fallback.ClusterDns)
        {
            remarks.Add($"{local.Count} local and {cluster.Count} cluster DNS addresses: "
                + $"pods get the first {ApiLimits.MaxNameservers}");
        }
        var model = new DnsModel
        {
            LocalAddresses = PrimaryFamilyFirst(local, cluster),
            ClusterDns = cluster,
            ClusterDomain = domain,
            HostSearches = HostSearches(reader, conf, limits, remarks),
            Fallback = fallback,
            Options = ResolverOptions(reader),
            AllowedOptions = AllowedOptions(reader),
            Limits = limits,
        };
        if (model.Options.Any(option => option is { Name: "ndots" } && int.TryParse(option.Value, out var n) && n < 5))
        {
            remarks.Add("--options lowers ndots for every pod: Alpine (musl) then finds no service by a name "
                + "with that many dots");
        }
        return model;
    }

    private static List<string> Local(OptionsReader reader)
    {
        if (reader.Text("local-address") == "none")
        {
            return [];
        }

        var addresses = reader.List("local-address");
        if (addresses.Count is 0 or > MaxAddresses || !addresses.TrueForAll(address => ApiLimits.IsAddress(address)))
        {
            reader.Fail("local-address", $"expected 1 to {MaxAddresses} IP addresses, or none");
        }

        return addresses;
    }

    private static List<string> ClusterDns(
        OptionsReader reader, ResolvConf conf, List<string> local, bool needed, List<string> remarks)
    {
        if (reader.Text("cluster-dns") == "auto")
        {
            var detected = DetectedClusterDns.In(conf, local);
            if (detected.Addresses.Count == 0 && needed)
            {
                reader.Fail("cluster-dns", $"nothing detected: {detected.Problem}");
            }
            else if (detected.Problem is { } problem && needed)
            {
                remarks.Add(problem);
            }

            List<string> first = [.. detected.Addresses.Take(MaxAddresses)];
            if (!first.TrueForAll(address => ApiLimits.IsAddress(address)))
            {
                reader.Fail("cluster-dns", $"expected IP addresses, found {string.Join(',', first)} in {conf.Path}");
            }

            return first;
        }
        var addresses = reader.List("cluster-dns");
        if (addresses.Count is 0 or > MaxAddresses || !addresses.TrueForAll(address => ApiLimits.IsAddress(address)))
        {
            reader.Fail("cluster-dns", $"expected 1 to {MaxAddresses} IP addresses, or auto");
        }
        else if (addresses.Find(address => AddressText.Contains(local, address)) is { } same)
        {
            reader.Fail(
                "cluster-dns", $"{same} is --local-address, the node cache: expected the address of the kube-dns Service");
        }
        else if (addresses.Find(AddressText.IsOfOneNode) is { } own)
        {
            remarks.Add($"--cluster-dns {own} is an address that each node has for itself: it is taken as given, though "
                + "cluster DNS is rarely there");
        }

        return addresses;
    }

    private static string Domain(OptionsReader reader, ResolvConf conf, List<string> remarks)
    {
        var domain = reader.Text("cluster-domain");
        if (domain == "none")
        {
            return "";
        }

        if (domain == "auto")
        {
            if (conf.IsClusterFirst)
            {
                return conf.ClusterDomain;
            }

            remarks.Add($"cluster domain not detected ({conf.Origin}): cluster.local is used");
            return "cluster.local";
        }
        domain = domain.TrimEnd('.');
        if (!ApiLimits.IsSearchDomain(domain, allowUnderscores: false))
        {
            reader.Fail("cluster-domain", "expected a lower-case domain name, auto or none");
        }

        return domain;
    }

    /// <summary>Domains that the API server would reject are left out: in a pod's dnsConfig they would cost the pod.
    /// So is <c>.</c>, as kubelet does.</summary>
    private static List<string> HostSearches(
        OptionsReader reader, ResolvConf conf, ApiLimits limits, List<string> remarks)
    {
        var text = reader.Text("host-searches");
        IEnumerable<string> given = text switch
        {
            "none" => [],
            "auto" => conf.HostSearches,
            _ => OptionsReader.Items(text),
        };
        var searches = new List<string>();
        foreach (var search in given)
        {
            var domain = search.TrimEnd('.');
            if (domain.Length == 0)
            {
                continue;
            }

            if (ApiLimits.IsSearchDomain(domain, limits.AllowUnderscores))
            {
                searches.Add(domain);
            }
            else if (text == "auto")
            {
                remarks.Add($"host search domain \"{search}\" left out: the API server takes no such name");
            }
            else
            {
                reader.Fail("host-searches", $"\"{search}\" is no lower-case domain name");
            }
        }
        if (text == "auto" && searches.Find(domain => IsOfOneZone(domain, searches)) is { } zonal)
        {
            remarks.Add($"host search domain {zonal} is one zone's: replicas on nodes of other zones detect another, and "
                + $"pods get the one of whichever replica answers. Set --host-searches, in the chart dns.hostSearches, to "
                + $"{string.Join(',', searches.Where(domain => domain != zonal))}");
        }
        return searches;
    }

    /// <summary>GKE's nodes search <c>ZONE.c.PROJECT.internal c.PROJECT.internal google.internal</c>.</summary>
    private static bool IsOfOneZone(string domain, List<string> searches) =>
        domain.Split('.', 2) is [_, ['c', '.', ..] project]
        && project.EndsWith(".internal", StringComparison.Ordinal)
        && searches.Contains(project);

    private static void CheckFamilies(OptionsReader reader, List<string> local, List<string> cluster)
    {
        if (local.Count > 0 && cluster.Count > 0 && cluster.TrueForAll(AddressText.IsV6) && !local.Exists(AddressText.IsV6))
        {
            reader.Fail(
                "local-address",
                $"the cluster's DNS is IPv6 ({cluster[0]}): expected a unique-local address such as fd00:20::10");
        }
    }

    /// <summary>The first nameserver is of the family that the cluster's Services have.</summary>
    private static List<string> PrimaryFamilyFirst(List<string> local, List<string> cluster) =>
        cluster.Count == 0 ? local : [.. local.OrderBy(address => AddressText.IsV6(address) != AddressText.IsV6(cluster[0]))];

    private static Fallback ReadFallback(OptionsReader reader)
    {
        var text = reader.Text("fallback");
        if (text is not ("cluster-dns" or "none"))
        {
            reader.Fail("fallback", "expected cluster-dns or none");
        }

        return text == "none" ? Fallback.None : Fallback.ClusterDns;
    }

    private static List<ResolverOption> ResolverOptions(OptionsReader reader)
    {
        var options = new List<ResolverOption>();
        if (!ResolverOption.TryParseList(reader.Text("options"), options, out var wrong))
        {
            reader.Fail("options", $"\"{wrong}\": expected name[:value],…");
        }

        foreach (var option in options)
        {
            if (KnownOptions.Problem(option.Name, option.Value) is { } problem)
            {
                reader.Fail("options", $"\"{option}\": {problem}");
            }
        }
        return options;
    }

    private static FrozenSet<string> AllowedOptions(OptionsReader reader)
    {
        if (reader.Given("allowed-options") is null)
        {
            return KnownOptions.Names;
        }

        var names = reader.List("allowed-options");
        return names is ["none"] ? FrozenSet<string>.Empty : names.ToFrozenSet();
    }

    private static SelectionModel Selection(OptionsReader reader)
    {
        var ignored = new List<SkipReason>();
        foreach (var name in reader.List("ignore-skip-rules"))
        {
            var rule = Array.Find(s_ignorable, reason => reason.Name() == name);
            if (rule == default)
            {
                reader.Fail(
                    "ignore-skip-rules", $"expected {string.Join(", ", s_ignorable.Select(reason => reason.Name()))}");
            }

            ignored.Add(rule);
        }
        return new SelectionModel
        {
            Mode = Mode(reader),
            ExcludedNamespaces = reader.List("excluded-namespaces").ToFrozenSet(),
            CompatLabel = reader.Flag("compat-label"),
            Percent = reader.Number("percent", 0, 100),
            PercentSeedLabel = reader.Given("percent-seed-label"),
            InjectHostNetwork = reader.Flag("inject-host-network"),
            IgnoredRules = ignored.ToFrozenSet(),
        };
    }

    private static SelectionMode Mode(OptionsReader reader)
    {
        var text = reader.Text("mode");
        if (text is not ("optIn" or "optOut"))
        {
            reader.Fail("mode", "expected optIn or optOut");
        }

        return text == SelectionMode.OptOut.Name() ? SelectionMode.OptOut : SelectionMode.OptIn;
    }

    private static ProbeOptions? Probe(OptionsReader reader, DnsModel dns)
    {
        var probe = reader.Flag("probe");
        var name = reader.Given("probe-name")
            ?? (dns.ClusterDomain.Length > 0 ? $"kubernetes.default.svc.{dns.ClusterDomain}."
                : "kubernetes.default.svc.");
        var options = new ProbeOptions(
            reader.Number("probe-port", 1, 65535),
            name,
            TimeSpan.FromSeconds(reader.Number("probe-seconds", 1, 3600)),
            TimeSpan.FromMilliseconds(reader.Number("probe-timeout-ms", 10, 60000)));
        return probe && dns.LocalAddresses.Count > 0 && IPAddress.TryParse(dns.LocalAddresses[0], out _)
            ? options
            : null;
    }

    private static ListenAddress Listen(OptionsReader reader, string name)
    {
        if (!ListenAddress.TryParse(reader.Text(name), out var listen))
        {
            reader.Fail(name, "expected HOST:PORT, HOST an IP address, localhost, * or nothing");
        }

        return listen;
    }

    private static string Required(OptionsReader reader, string name)
    {
        if (reader.Given(name) is { } path)
        {
            return path;
        }

        reader.Fail(name, "required: the path of a PEM file");
        return "";
    }

    private static LogLevel Level(OptionsReader reader)
    {
        var level = reader.Text("log-level") switch
        {
            "debug" => LogLevel.Debug,
            "info" => LogLevel.Information,
            "warn" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => LogLevel.None,
        };
        if (level == LogLevel.None)
        {
            reader.Fail("log-level", "expected debug, info, warn or error");
        }

        return level;
    }
}

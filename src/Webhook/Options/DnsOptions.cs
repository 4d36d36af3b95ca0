using System.Collections.Frozen;
using NodeDns.Addresses;
using NodeDns.Injection.Decide;

namespace NodeDns.Webhook.Options;

/// <summary>Determines what pods' resolv.conf files are composed of: from the options, or detected from the webhook's
/// own resolv.conf.</summary>
internal static class DnsOptions
{
    private const int MaxAddresses = 2;

    /// <param name="reader">Receives every error.</param>
    /// <param name="readFile">The text of a file; null when it cannot be read.</param>
    /// <param name="remarks">Receives what the operator should know although it is not an error.</param>
    public static DnsModel Read(OptionsReader reader, Func<string, string?> readFile, List<string> remarks)
    {
        var limits = new ApiLimits
        {
            MaxSearches = reader.Number("max-searches", 3, 32),
            MaxSearchChars = reader.Number("max-search-chars", 256, 2048),
            AllowUnderscores = reader.Flag("allow-underscore-searches"),
        };
        var path = reader.Text("resolv-conf");
        var conf = KubeletResolvConf.Parse(path, readFile(path) ?? "");
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

    private static AddressList Local(OptionsReader reader)
    {
        if (reader.Text("local-address") == "none")
        {
            return [];
        }

        AddressList addresses = [.. reader.List("local-address")];
        if (addresses.Count is 0 or > MaxAddresses || !addresses.All(address => ApiLimits.IsAddress(address)))
        {
            reader.Fail("local-address", $"expected 1 to {MaxAddresses} IP addresses, or none");
        }

        return addresses;
    }

    private static AddressList ClusterDns(
        OptionsReader reader, KubeletResolvConf conf, AddressList local, bool needed, List<string> remarks)
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

            AddressList first = [.. detected.Addresses.Take(MaxAddresses)];
            if (!first.All(address => ApiLimits.IsAddress(address)))
            {
                reader.Fail("cluster-dns", $"expected IP addresses, found {string.Join(',', first)} in {conf.Path}");
            }

            return first;
        }
        AddressList addresses = [.. reader.List("cluster-dns")];
        if (addresses.Count is 0 or > MaxAddresses || !addresses.All(address => ApiLimits.IsAddress(address)))
        {
            reader.Fail("cluster-dns", $"expected 1 to {MaxAddresses} IP addresses, or auto");
        }
        else if (addresses.FirstOrDefault(local.Contains) is { } same)
        {
            reader.Fail(
                "cluster-dns", $"{same} is --local-address, the node cache: expected the address of the kube-dns Service");
        }
        else if (addresses.FirstOrDefault(NodeAddress.IsOfOneNode) is { } own)
        {
            remarks.Add($"--cluster-dns {own} is an address that each node has for itself: it is taken as given, though "
                + "cluster DNS is rarely there");
        }

        return addresses;
    }

    private static string Domain(OptionsReader reader, KubeletResolvConf conf, List<string> remarks)
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

    /// <summary>Leaves out domains that the API server would reject, because a pod with such a domain could not be
    /// created. Also leaves out <c>.</c>, as kubelet does.</summary>
    private static List<string> HostSearches(
        OptionsReader reader, KubeletResolvConf conf, ApiLimits limits, List<string> remarks)
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

    /// <summary>True for the search domains of GKE's nodes: <c>ZONE.c.PROJECT.internal c.PROJECT.internal
    /// google.internal</c>.</summary>
    private static bool IsOfOneZone(string domain, List<string> searches) =>
        domain.Split('.', 2) is [_, ['c', '.', ..] project]
        && project.EndsWith(".internal", StringComparison.Ordinal)
        && searches.Contains(project);

    private static void CheckFamilies(OptionsReader reader, AddressList local, AddressList cluster)
    {
        if (local.Count > 0 && cluster.Count > 0 && cluster.All(NodeAddress.IsV6) && !local.Any(NodeAddress.IsV6))
        {
            reader.Fail(
                "local-address",
                $"the cluster's DNS is IPv6 ({cluster[0]}): expected a unique-local address such as fd00:20::10");
        }
    }

    /// <summary>Puts the local address first that has the same family as the cluster's Services.</summary>
    private static AddressList PrimaryFamilyFirst(AddressList local, AddressList cluster) =>
        cluster.Count == 0 ? local : [.. local.OrderBy(address => NodeAddress.IsV6(address) != NodeAddress.IsV6(cluster[0]))];

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
}

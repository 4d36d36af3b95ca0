using System.Text.Json.Nodes;

namespace NodeDns.Webhook.Tests.Fidelity;

/// <summary>What a container reads in /etc/resolv.conf.</summary>
internal sealed record ResolvConfModel(string[] Servers, string[] Searches, SortedSet<string> Options)
{
    public override string ToString() =>
        $"nameserver {string.Join(' ', Servers)}\nsearch {string.Join(' ', Searches)}\n"
        + $"options {string.Join(' ', Options)}";
}

/// <summary>kubelet's composition of a pod's resolv.conf, written from its documented rules and independently of the
/// webhook's composer (kubernetes pkg/kubelet/network/dns): policy to base, dnsConfig appended, limits
/// applied.</summary>
internal sealed class KubeletModel(
    string[] clusterDns, string clusterDomain, string[] hostServers, string[] hostSearches)
{
    public ResolvConfModel Compose(JsonNode pod, string @namespace) => Trim(ComposeUntrimmed(pod, @namespace));

    public ResolvConfModel ComposeUntrimmed(JsonNode pod, string @namespace)
    {
        var spec = pod["spec"]!;
        var hostNetwork = (bool?)spec["hostNetwork"] ?? false;
        var policy = (string?)spec["dnsPolicy"] ?? "ClusterFirst";
        var (servers, searches, options) = policy switch
        {
            "None" => (new List<string>(), new List<string>(), new Dictionary<string, string>()),
            "Default" => Host(),
            "ClusterFirst" when hostNetwork => Host(),
            _ => Cluster(@namespace),
        };
        var config = spec["dnsConfig"];
        servers.AddRange(Strings(config?["nameservers"]));
        searches.AddRange(Strings(config?["searches"]));
        foreach (var option in config?["options"] as JsonArray ?? [])
        {
            options[(string)option!["name"]!] = (string?)option["value"] ?? "";
        }

        return new ResolvConfModel(
            [.. servers.Distinct()],
            [.. searches.Distinct()],
            [.. options.Select(option => option.Value.Length > 0 ? $"{option.Key}:{option.Value}" : option.Key)]);
    }

    public static ResolvConfModel Trim(ResolvConfModel conf)
    {
        List<string> searches = [.. conf.Searches.Take(32).Where(search => search.Length <= 253)];
        while (string.Join(' ', searches).Length > 2048)
        {
            searches.RemoveAt(searches.Count - 1);
        }

        return conf with { Servers = [.. conf.Servers.Take(3)], Searches = [.. searches] };
    }

    private (List<string>, List<string>, Dictionary<string, string>) Host() =>
        ([.. hostServers], [.. hostSearches], []);

    private (List<string>, List<string>, Dictionary<string, string>) Cluster(string @namespace)
    {
        List<string> searches = clusterDomain.Length == 0
            ? [.. hostSearches]
            : [$"{@namespace}.svc.{clusterDomain}", $"svc.{clusterDomain}", clusterDomain, .. hostSearches];
        return ([.. clusterDns], searches, new Dictionary<string, string> { ["ndots"] = "5" });
    }

    private static IEnumerable<string> Strings(JsonNode? list) =>
        (list as JsonArray ?? []).Select(item => (string)item!);
}

using System.Text.Json.Nodes;

namespace NodeDns.Demo;

/// <summary>The /etc/resolv.conf that kubelet writes for a pod: from dnsPolicy ClusterFirst, or from its dnsConfig alone.</summary>
internal sealed record ResolvConf(string[] Nameservers, string[] Searches, string[] Options)
{
    public static ResolvConf Of(JsonNode pod)
    {
        var spec = pod["spec"]!;
        if ((string?)spec["dnsPolicy"] == "ClusterFirst")
        {
            return new ResolvConf(
                [SampleWebhook.ClusterDns],
                [$"{SamplePod.Namespace}.svc.cluster.local", "svc.cluster.local", "cluster.local"],
                ["ndots:5"]);
        }
        var config = spec["dnsConfig"]!;
        return new ResolvConf(Texts(config["nameservers"]), Texts(config["searches"]),
            [.. (config["options"]?.AsArray() ?? []).Select(option =>
                option!["value"] is { } value ? $"{option["name"]}:{value}" : $"{option["name"]}")]);
    }

    public void Print()
    {
        Console.WriteLine($"  search {string.Join(' ', Searches)}");
        foreach (var nameserver in Nameservers)
        {
            Console.WriteLine($"  nameserver {nameserver}");
        }
        Console.WriteLine($"  options {string.Join(' ', Options)}");
        Console.WriteLine();
    }

    private static string[] Texts(JsonNode? list) => [.. (list?.AsArray() ?? []).Select(item => (string)item!)];
}

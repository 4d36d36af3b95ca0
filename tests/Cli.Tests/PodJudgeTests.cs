using System.Text.Json;
using NodeDns.Cli.Workloads;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Tests;

/// <summary>Whether a pod is on the cache, and on it alone, however its author spells the addresses.</summary>
public sealed class PodJudgeTests
{
    private static readonly InjectionSettings s_settings = new(
        new DnsModel { LocalAddresses = ["fd00:20::10"], ClusterDns = ["fd00:96::a"], ClusterDomain = "cluster.local", HostSearches = [] },
        new SelectionModel());

    [Theory]
    [InlineData("\"fd00:20::10\"", true, true)]
    [InlineData("\"FD00:20:0:0:0:0:0:10\"", true, true)]
    [InlineData("\"fd00:20:0::10\", \"fd00:20::10\"", true, true)]
    [InlineData("\"FD00:0020::10\", \"fd00:96::a\"", true, false)]
    [InlineData("\"fd00:20::1\"", false, false)]
    public void An_address_is_the_local_one_in_whatever_spelling(string nameservers, bool isOnCache, bool isAlone)
    {
        using var pod = JsonDocument.Parse($$$"""
            {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"containers": [], "dnsPolicy": "None", "dnsConfig": {"nameservers": [{{{nameservers}}}]} } }
            """);
        Assert.Equal(isOnCache, new PodJudge(s_settings).Judge(pod.RootElement, "shop", NamespaceSettings.Unknown).Standing == Standing.OnCache);
        Assert.Equal(isAlone, new LonePods(s_settings.Dns.LocalAddresses).IsOne(pod.RootElement));
    }
}

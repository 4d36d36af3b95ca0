using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary><c>doctor</c> on a real API server without nodes: what is wrong with objects is found, and what cannot be reached
/// is unknown.</summary>
public sealed class DoctorTests
{
    private readonly ControlPlane _cluster;

    public DoctorTests(ControlPlane cluster)
    {
        _cluster = cluster;
        _cluster.Require();
        _cluster.Apply(Manifests.Release);
        _cluster.Apply(Manifests.Namespace("kube-system", labelled: false));
    }

    [Fact]
    public void A_node_cache_of_somebody_elses_is_found()
    {
        _cluster.Apply(Manifests.Workload("DaemonSet", "kube-system", "node-local-dns")
            .Replace("image: busybox", "image: registry.k8s.io/dns/k8s-dns-node-cache:1.26.4", StringComparison.Ordinal));
        try
        {
            var run = Plugin.Run(_cluster, "doctor", "--only", "NDN401");
            Assert.Contains("DaemonSet kube-system/node-local-dns is another node cache", run.Output, StringComparison.Ordinal);
            Assert.Equal(1, run.ExitCode);
            Assert.Equal(0, Plugin.Run(_cluster, "doctor", "--only", "NDN401", "--failure-threshold", "error").ExitCode);
        }
        finally
        {
            _cluster.Do("delete", "daemonset", "-n", "kube-system", "node-local-dns");
        }
    }

    [Fact]
    public void A_cluster_without_ready_dns_endpoints_is_found()
    {
        _cluster.Apply("""
            {apiVersion: v1, kind: Service, metadata: {name: kube-dns, namespace: kube-system, labels: {k8s-app: kube-dns}},
             spec: {clusterIP: 10.96.0.10, ports: [{name: dns, port: 53, protocol: UDP}]}}
            """);
        var run = Plugin.Run(_cluster, "doctor", "--only", "dns", "-o", "json");
        using var json = JsonDocument.Parse(run.Output);
        var checks = json.RootElement.GetProperty("checks").EnumerateArray().ToDictionary(check => check.GetProperty("code").GetString()!);
        Assert.Equal(0, checks["NDN301"].GetProperty("findings").GetArrayLength());
        Assert.Contains("no ready endpoint", checks["NDN302"].GetProperty("findings")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public void A_collision_of_the_local_address_is_found()
    {
        _cluster.Apply("{apiVersion: v1, kind: Node, metadata: {name: collides}, spec: {podCIDRs: [169.254.0.0/16], podCIDR: 169.254.0.0/16}}");
        try
        {
            var run = Plugin.Run(_cluster, "doctor", "--only", "address");
            Assert.Contains("the local address 169.254.20.10 is in the range of pods of node collides (169.254.0.0/16)", run.Output, StringComparison.Ordinal);
            Assert.Equal(1, run.ExitCode);
        }
        finally
        {
            _cluster.Do("delete", "node", "collides");
        }
    }

    [Fact]
    public void Missing_rights_are_listed_with_their_rules()
    {
        var path = Path.Combine(_cluster.Folder, "limited-doctor");
        File.WriteAllText(path, _cluster.KubeconfigFor("limited"));
        var run = Plugin.RunAs(path, "doctor", "--only", "NDN102");
        Assert.Contains("you may not create pods/portforward in all namespaces", run.Output, StringComparison.Ordinal);
        Assert.Contains("""resources ["pods/portforward"], verbs ["create"]""", run.Output, StringComparison.Ordinal);
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public void The_list_has_every_check_once()
    {
        var lines = Plugin.Run(_cluster, "doctor", "-L").Output.TrimEnd().Split('\n')[1..];
        Assert.Equal(lines.Length, lines.Select(line => line.Split(' ')[0]).Distinct().Count());
        Assert.All(lines, line => Assert.Matches("^NDN[0-9]{3} ", line));
    }

    [Theory]
    [InlineData("--only nonsense: expected a category or code of kubectl nodedns doctor -L", "--only", "nonsense")]
    [InlineData("--failure-threshold bad: expected info, warning or error", "--failure-threshold", "bad")]
    public void A_bad_flag_is_one_sentence(string expected, params string[] flags)
    {
        var run = Plugin.Run(_cluster, ["doctor", .. flags]);
        Assert.Equal($"error: {expected}\n", run.Error);
        Assert.Equal(2, run.ExitCode);
    }

    [Fact]
    public void A_bundle_holds_no_secret()
    {
        _cluster.Apply("""
            {apiVersion: v1, kind: Secret, metadata: {name: hidden, namespace: node-dns}, stringData: {key: TOP-SECRET-1}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: with-env, namespace: node-dns}
            spec: {containers: [{name: main, image: busybox, env: [{name: PASSWORD, value: TOP-SECRET-2}]}]}
            """);
        var path = Path.Combine(_cluster.Folder, "bundle.tar.gz");
        Plugin.Run(_cluster, "doctor", "--only", "api", "--bundle", path);
        using var tar = new TarReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        var names = new List<string>();
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            names.Add(entry.Name);
            using var text = new StreamReader(entry.DataStream ?? Stream.Null);
            Assert.DoesNotContain("TOP-SECRET", text.ReadToEnd(), StringComparison.Ordinal);
        }

        Assert.Contains("nodedns-bundle/findings.txt", names);
        Assert.Contains("nodedns-bundle/objects/pods.json", names);
        _cluster.Do("delete", "pod", "-n", "node-dns", "with-env", "--force", "--grace-period=0");
    }
}

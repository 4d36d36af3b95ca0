using NodeDns.Addresses;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Options;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Options;

public sealed class OptionsTests
{
    private const string Tls = "--tls-cert /c --tls-key /k";

    private const string Kubelet = """
        search node-dns.svc.cluster.local svc.cluster.local cluster.local us-west-2.compute.internal corp.example
        nameserver 10.96.0.10
        options ndots:5
        """;

    [Fact]
    public void Cluster_is_detected_from_what_kubelet_wrote()
    {
        var options = Valid(Tls, Kubelet);
        Assert.Equal(["10.96.0.10"], options.Injection.Dns.ClusterDns);
        Assert.Equal("cluster.local", options.Injection.Dns.ClusterDomain);
        Assert.Equal(["us-west-2.compute.internal", "corp.example"], options.Injection.Dns.HostSearches);
        Assert.Empty(options.Remarks);
    }

    [Fact]
    public void What_is_given_beats_what_is_detected()
    {
        var options = Valid(
            $"{Tls} --cluster-dns 10.0.0.10 --cluster-domain k8s.example --host-searches none", Kubelet);
        Assert.Equal(["10.0.0.10"], options.Injection.Dns.ClusterDns);
        Assert.Equal("k8s.example", options.Injection.Dns.ClusterDomain);
        Assert.Empty(options.Injection.Dns.HostSearches);
    }

    [Theory]
    [InlineData("nameserver 192.0.2.53\nsearch corp.example\n")]
    [InlineData("")]
    [InlineData("search a.svc.cluster.local svc.cluster.local other.local\nnameserver 10.96.0.10\n")]
    [InlineData("search a.b.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\n")]
    public void File_that_kubelet_did_not_write_for_this_pod_is_not_believed(string file)
    {
        var error = Assert.Single(Invalid(Tls, file));
        Assert.StartsWith("--cluster-dns: \"auto\": nothing detected", error);
    }

    [Fact]
    public void Local_address_that_kubelet_already_names_is_not_taken_for_cluster_dns()
    {
        var options = Valid(
            Tls, Kubelet.Replace("nameserver 10.96.0.10", "nameserver 169.254.20.10\nnameserver 10.96.0.10"));
        Assert.Equal(["10.96.0.10"], options.Injection.Dns.ClusterDns);
    }

    /// <summary>kubeadm with IPVS, kops: kubelet points pods at the node cache already.</summary>
    [Theory]
    [InlineData("169.254.20.10", "169.254.20.10", "which is --local-address: kubelet points pods at the node cache already")]
    [InlineData("FD00:20:0::10", "fd00:20::10", "which is --local-address: kubelet points pods at the node cache already")]
    [InlineData("169.254.25.10", "169.254.20.10", "which is link-local or loopback: another node cache's address")]
    [InlineData("169.254.25.10 169.254.20.10", "169.254.20.10", "which is link-local or loopback: another node cache's address")]
    [InlineData("fe80::53", "fd00:20::10", "which is link-local or loopback: another node cache's address")]
    [InlineData("127.0.0.53", "169.254.20.10", "which is link-local or loopback: another node cache's address")]
    [InlineData("", "169.254.20.10", "names no nameserver")]
    public void Node_caches_in_resolv_conf_are_no_cluster_dns_and_the_way_out_is_told(
        string nameservers, string local, string why)
    {
        var file = Kubelet.Replace(
            "nameserver 10.96.0.10\n",
            string.Concat(nameservers.Split(' ').Where(word => word.Length > 0).Select(word => $"nameserver {word}\n")));

        var error = Assert.Single(Invalid($"{Tls} --local-address {local}", file));

        Assert.StartsWith("--cluster-dns: \"auto\": nothing detected: /etc/resolv.conf names ", error);
        Assert.Contains(why, error);
        Assert.EndsWith(
            "give the ClusterIP of the kube-dns Service (kubectl -n kube-system get service kube-dns) as --cluster-dns, in the "
                + "chart dns.clusterDNS",
            error);
        Assert.Equal(["10.96.0.10"], Valid($"{Tls} --local-address {local} --cluster-dns 10.96.0.10 --fallback none", file)
            .Injection.Dns.ClusterDns);
        Assert.Empty(Valid($"{Tls} --local-address {local} --fallback none", file).Injection.Dns.ClusterDns);
    }

    [Fact]
    public void Another_caches_address_beside_cluster_dns_is_left_out_with_a_word()
    {
        var options = Valid(
            Tls, Kubelet.Replace("nameserver 10.96.0.10", "nameserver 169.254.25.10\nnameserver 10.96.0.10"));
        Assert.Equal(["10.96.0.10"], options.Injection.Dns.ClusterDns);
        Assert.Contains("169.254.25.10", Assert.Single(options.Remarks));
    }

    [Theory]
    [InlineData("169.254.20.10", "169.254.20.10")]
    [InlineData("fd00:20::10", "fd00:20:0::10")]
    [InlineData("169.254.20.10", "10.96.0.10,169.254.20.10")]
    public void Local_address_given_as_cluster_dns_is_refused(string local, string cluster)
    {
        var error = Assert.Single(Invalid($"{Tls} --local-address {local} --cluster-dns {cluster}", Kubelet));
        Assert.StartsWith($"--cluster-dns: \"{cluster}\": ", error);
        Assert.Contains("is --local-address, the node cache: expected the address of the kube-dns Service", error);
    }

    [Fact]
    public void Link_local_cluster_dns_that_is_given_is_taken_with_a_word()
    {
        var options = Valid($"{Tls} --cluster-dns 169.254.25.10", Kubelet);
        Assert.Equal(["169.254.25.10"], options.Injection.Dns.ClusterDns);
        Assert.Contains("--cluster-dns 169.254.25.10", Assert.Single(options.Remarks));
    }

    /// <summary>GKE: each replica detects its own node's zone.</summary>
    [Fact]
    public void Search_domain_of_one_zone_is_told_with_the_value_to_set()
    {
        var file = Kubelet.Replace(
            "us-west-2.compute.internal corp.example",
            "europe-west4-a.c.project-7.internal c.project-7.internal google.internal");
        var remark = Assert.Single(Valid(Tls, file).Remarks);
        Assert.Contains("europe-west4-a.c.project-7.internal is one zone's", remark);
        Assert.EndsWith(
            "Set --host-searches, in the chart dns.hostSearches, to c.project-7.internal,google.internal", remark);
        Assert.Empty(Valid($"{Tls} --host-searches c.project-7.internal,google.internal", file).Remarks);
    }

    [Fact]
    public void Host_domains_that_the_api_server_would_reject_are_left_out_with_a_remark()
    {
        var file = Kubelet.Replace("corp.example", "under_score.example .");
        var strict = Valid(Tls, file);
        Assert.Equal(["us-west-2.compute.internal"], strict.Injection.Dns.HostSearches);
        Assert.Contains("under_score.example", Assert.Single(strict.Remarks));
        var relaxed = Valid($"{Tls} --allow-underscore-searches true", file);
        Assert.Equal(["us-west-2.compute.internal", "under_score.example"], relaxed.Injection.Dns.HostSearches);
    }

    [Fact]
    public void Ipv4_local_address_is_refused_where_cluster_dns_is_ipv6()
    {
        var error = Assert.Single(Invalid($"{Tls} --cluster-dns fd00:96::a", Kubelet));
        Assert.Equal(
            "--local-address: \"169.254.20.10\": the cluster's DNS is IPv6 (fd00:96::a): expected a unique-local address such as fd00:20::10", error);
    }

    [Fact]
    public void Environment_serves_where_no_flag_does()
    {
        var environment = new Dictionary<string, string>
        {
            ["NODEDNS_TLS_CERT"] = "/c",
            ["NODEDNS_TLS_KEY"] = "/k",
            ["NODEDNS_LOCAL_ADDRESS"] = "169.254.1.1",
            ["NODEDNS_CLUSTER_DOMAIN"] = "",
            ["NODEDNS_FALLBACK"] = "none",
        };
        var reader = new OptionsReader(["--fallback", "cluster-dns"], environment.GetValueOrDefault);
        var options = WebhookOptionsValidator.Validate(reader, _ => Kubelet)!;
        Assert.Equal(["169.254.1.1"], options.Injection.Dns.LocalAddresses);
        Assert.Equal("cluster.local", options.Injection.Dns.ClusterDomain);
        Assert.Equal(Fallback.ClusterDns, options.Injection.Dns.Fallback);
    }

    [Fact]
    public void All_errors_are_told_at_once() =>
        Assert.Equal(
            [
                "--nonsense: no such option; --help lists them",
                "--max-searches: \"99\": expected 3 to 32",
                "--local-address: \"169.254.20\": expected 1 to 2 IP addresses, or none",
                "--fallback: \"maybe\": expected cluster-dns or none",
                "--options: \"ndots:16\": \"ndots:16\": expected 0 to 15",
                "--listen: \"host:80\": expected HOST:PORT, HOST an IP address, localhost, * or nothing",
                "--tls-cert: \"\": required: the path of a PEM file",
                "--tls-key: \"\": required: the path of a PEM file",
                "--ignore-skip-rules: \"windows\": expected fargate, virtual-node, bypasses-host, dns-server",
                "--mode: \"all\": expected optIn or optOut",
                "--percent: \"101\": expected 0 to 100",
                "--log-level: \"loud\": expected debug, info, warn or error",
            ],
            Invalid(
                "--nonsense --max-searches 99 --local-address 169.254.20 --fallback maybe --options ndots:16 --listen host:80 "
                + "--ignore-skip-rules windows --mode all --percent=101 --log-level loud", Kubelet));

    [Theory]
    [InlineData(":8443", null, 8443)]
    [InlineData("*:0", null, 0)]
    [InlineData("0.0.0.0:1", "0.0.0.0", 1)]
    [InlineData("[::1]:65535", "::1", 65535)]
    [InlineData("localhost:80", "127.0.0.1", 80)]
    public void Listen_addresses_are_read(string text, string? address, int port)
    {
        Assert.True(ListenAddress.TryParse(text, out var listen));
        Assert.Equal(address, listen.Address?.ToString());
        Assert.Equal(port, listen.Port);
    }

    [Theory]
    [InlineData("")]
    [InlineData("8443")]
    [InlineData("::1:80")]
    [InlineData("host:80")]
    [InlineData("1.2.3.4:65536")]
    [InlineData("1.2.3.4:-1")]
    public void Wrong_listen_addresses_are_refused(string text) => Assert.False(ListenAddress.TryParse(text, out _));

    [Fact]
    public async Task Detected_settings_are_shown_at_start_and_in_readiness_and_metrics()
    {
        using var certificates = new TestCertificates();
        using var folder = new TemporaryFolder();
        var file = folder.Write("resolv.conf", Kubelet);
        await using var webhook = await RunningWebhook.StartAsync(
            certificates,
            $"--resolv-conf {file} --cluster-dns auto --cluster-domain auto --host-searches auto");

        const string Detected = "cluster-dns=10.96.0.10 cluster-domain=cluster.local "
            + "host-searches=us-west-2.compute.internal,corp.example";
        Assert.Contains(Detected, webhook.Log.ToString());
        Assert.Contains(Detected, await webhook.GetAsync("/readyz?verbose"));
        Assert.Contains(
            "cluster_dns=\"10.96.0.10\",cluster_domain=\"cluster.local\","
                + "host_searches=\"us-west-2.compute.internal,corp.example\"",
            await webhook.GetAsync("/metrics"));
    }

    [Fact]
    public void Replicas_with_other_settings_have_another_fingerprint()
    {
        var one = new SettingsSummary(Valid(Tls, Kubelet)).Fingerprint;
        Assert.Equal(one, new SettingsSummary(Valid(Tls, Kubelet)).Fingerprint);
        Assert.NotEqual(one, new SettingsSummary(Valid(Tls, Kubelet.Replace(" corp.example", ""))).Fingerprint);
    }

    /// <summary>Whoever reads /settings decides as the webhook does.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("--local-address none --cluster-domain none --host-searches none --allowed-options none")]
    [InlineData("--local-address 169.254.20.11,fd00:20::10 --cluster-dns 10.0.0.10,fd00:96::a --fallback none --mode optOut")]
    [InlineData("--options ndots:3,rotate,timeout:2 --allowed-options ndots,timeout --max-searches 6 --max-search-chars 256")]
    [InlineData("--percent 7 --percent-seed-label team --compat-label false --inject-host-network false")]
    [InlineData("--ignore-skip-rules fargate,dns-server --excluded-namespaces a,b --allow-underscore-searches true")]
    public async Task Settings_can_be_read_back(string arguments)
    {
        using var certificates = new TestCertificates();
        await using var webhook = await RunningWebhook.StartAsync(certificates, arguments);
        var served = await webhook.GetAsync("/settings");

        var read = SettingsJson.Read(Pods.View(served));
        var options = Valid($"{Tls} --cluster-domain cluster.local --cluster-dns 10.96.0.10 {arguments}", "");

        Assert.Equal(
            served, new SettingsSummary(options with { Injection = read }).Json);
        Assert.Equal(read.Dns.Options, options.Injection.Dns.Options);
        Assert.Equal(read.Selection.IgnoredRules, options.Injection.Selection.IgnoredRules);
    }

    /// <summary>Two replicas of one Deployment, on nodes of two zones.</summary>
    [Fact]
    public async Task Replicas_that_detect_different_search_domains_show_different_fingerprints()
    {
        using var certificates = new TestCertificates();
        using var folder = new TemporaryFolder();
        var series = new List<string>();
        foreach (var zone in (string[])["a", "b"])
        {
            var file = folder.Write(
                $"resolv-{zone}.conf",
                $"search n.svc.cluster.local svc.cluster.local cluster.local {zone}.c.p.internal c.p.internal\nnameserver 10.96.0.10\n");
            await using var webhook = await RunningWebhook.StartAsync(
                certificates, $"--resolv-conf {file} --cluster-dns auto --cluster-domain auto --host-searches auto");
            series.Add((await webhook.GetAsync("/metrics")).Split('\n')
                .Single(line => line.StartsWith("nodedns_webhook_settings_info{", StringComparison.Ordinal)));
            Assert.Contains($"setting: host search domain {zone}.c.p.internal is one zone's", webhook.Log.ToString());
        }
        Assert.Contains("host_searches=\"a.c.p.internal,c.p.internal\"", series[0]);
        Assert.NotEqual(Fingerprint(series[0]), Fingerprint(series[1]));

        static string Fingerprint(string line) => line.Split("fingerprint=\"")[1].Split('"')[0];
    }

    /// <summary>Whatever changes what a pod gets, or whether it gets it, changes the fingerprint; what does not, does
    /// not.</summary>
    [Theory]
    [InlineData("--local-address 169.254.20.11", true)]
    [InlineData("--cluster-dns 10.0.0.10", true)]
    [InlineData("--cluster-domain other.local", true)]
    [InlineData("--host-searches none", true)]
    [InlineData("--fallback none", true)]
    [InlineData("--options ndots:4", true)]
    [InlineData("--allowed-options ndots", true)]
    [InlineData("--max-searches 6", true)]
    [InlineData("--max-search-chars 256", true)]
    [InlineData("--allow-underscore-searches true", true)]
    [InlineData("--mode optOut", true)]
    [InlineData("--excluded-namespaces kube-system", true)]
    [InlineData("--compat-label false", true)]
    [InlineData("--percent 50", true)]
    [InlineData("--percent-seed-label team", true)]
    [InlineData("--inject-host-network false", true)]
    [InlineData("--ignore-skip-rules fargate", true)]
    [InlineData("--namespace-settings true", true)]
    [InlineData("--listen :9443", false)]
    [InlineData("--log-level debug", false)]
    [InlineData("--probe-seconds 7", false)]
    [InlineData("--excluded-namespaces kube-public,kube-node-lease,kube-system", false)]
    public void Fingerprint_is_of_all_that_decides(string arguments, bool changes) =>
        Assert.Equal(
            changes,
            new SettingsSummary(Valid(Tls, Kubelet)).Fingerprint
                != new SettingsSummary(Valid($"{Tls} {arguments}", Kubelet)).Fingerprint);

    private static OptionsReader Read(string arguments) =>
        new(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), _ => null);

    private static WebhookOptions Valid(string arguments, string resolvConf)
    {
        var reader = Read(arguments);
        var options = WebhookOptionsValidator.Validate(reader, _ => resolvConf);
        Assert.Empty(reader.Errors);
        return options!;
    }

    private static IReadOnlyList<string> Invalid(string arguments, string resolvConf)
    {
        var reader = Read(arguments);
        Assert.Null(WebhookOptionsValidator.Validate(reader, _ => resolvConf));
        return reader.Errors;
    }
}

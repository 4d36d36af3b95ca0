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
        WebhookOptions options = Valid(Tls, Kubelet);
        Assert.Equal(["10.96.0.10"], options.Injection.Dns.ClusterDns);
        Assert.Equal("cluster.local", options.Injection.Dns.ClusterDomain);
        Assert.Equal(["us-west-2.compute.internal", "corp.example"], options.Injection.Dns.HostSearches);
        Assert.Empty(options.Remarks);
    }

    [Fact]
    public void What_is_given_beats_what_is_detected()
    {
        WebhookOptions options = Valid(
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
        string error = Assert.Single(Invalid(Tls, file));
        Assert.StartsWith("--cluster-dns: \"auto\": nothing detected", error);
    }

    [Fact]
    public void Local_address_that_kubelet_already_names_is_not_taken_for_cluster_dns()
    {
        WebhookOptions options = Valid(
            Tls, Kubelet.Replace("nameserver 10.96.0.10", "nameserver 169.254.20.10\nnameserver 10.96.0.10"));
        Assert.Equal(["10.96.0.10"], options.Injection.Dns.ClusterDns);
    }

    [Fact]
    public void Host_domains_that_the_api_server_would_reject_are_left_out_with_a_remark()
    {
        string file = Kubelet.Replace("corp.example", "under_score.example .");
        WebhookOptions strict = Valid(Tls, file);
        Assert.Equal(["us-west-2.compute.internal"], strict.Injection.Dns.HostSearches);
        Assert.Contains("under_score.example", Assert.Single(strict.Remarks));
        WebhookOptions relaxed = Valid($"{Tls} --allow-underscore-searches true", file);
        Assert.Equal(["us-west-2.compute.internal", "under_score.example"], relaxed.Injection.Dns.HostSearches);
    }

    [Fact]
    public void Ipv4_local_address_is_refused_where_cluster_dns_is_ipv6()
    {
        string error = Assert.Single(Invalid($"{Tls} --cluster-dns fd00:96::a", Kubelet));
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
        WebhookOptions options = WebhookOptionsValidator.Validate(reader, _ => Kubelet)!;
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
        Assert.True(ListenAddress.TryParse(text, out ListenAddress listen));
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
        string file = folder.Write("resolv.conf", Kubelet);
        await using RunningWebhook webhook = await RunningWebhook.StartAsync(
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
        string one = new SettingsSummary(Valid(Tls, Kubelet)).Fingerprint;
        Assert.Equal(one, new SettingsSummary(Valid(Tls, Kubelet)).Fingerprint);
        Assert.NotEqual(one, new SettingsSummary(Valid(Tls, Kubelet.Replace(" corp.example", ""))).Fingerprint);
    }

    private static OptionsReader Read(string arguments) =>
        new(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), _ => null);

    private static WebhookOptions Valid(string arguments, string resolvConf)
    {
        OptionsReader reader = Read(arguments);
        WebhookOptions? options = WebhookOptionsValidator.Validate(reader, _ => resolvConf);
        Assert.Empty(reader.Errors);
        return options!;
    }

    private static IReadOnlyList<string> Invalid(string arguments, string resolvConf)
    {
        OptionsReader reader = Read(arguments);
        Assert.Null(WebhookOptionsValidator.Validate(reader, _ => resolvConf));
        return reader.Errors;
    }
}

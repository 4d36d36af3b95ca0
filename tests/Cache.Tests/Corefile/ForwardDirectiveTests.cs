using System.Net;
using NodeDns.Corefile;
using NodeDns.Go;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

public sealed class ForwardDirectiveTests
{
    [Theory]
    [InlineData("forward . 192.0.2.1", ". 192.0.2.1:53")]
    [InlineData("forward . 192.0.2.1:5353", ". 192.0.2.1:5353")]
    [InlineData("forward . 2001:db8::1", ". [2001:db8::1]:53")]
    [InlineData("forward . [2001:db8::1]", ". [2001:db8::1]:53")]
    [InlineData("forward . [2001:db8::1]:5353", ". [2001:db8::1]:5353")]
    [InlineData("forward . dns://192.0.2.1", ". 192.0.2.1:53")]
    [InlineData("forward . tls://192.0.2.1", ". tls://192.0.2.1:853")]
    [InlineData("forward . tls://192.0.2.1:8853", ". tls://192.0.2.1:8853")]
    [InlineData("forward . tls://192.0.2.1%dns.example", ". tls://192.0.2.1:853%dns.example")]
    [InlineData("forward . tls://192.0.2.1%dns.example:8853", ". tls://192.0.2.1:8853%dns.example")]
    [InlineData("forward . tls://[2001:db8::1%dns.example]:8853", ". tls://[2001:db8::1]:8853%dns.example")]
    [InlineData("forward . fe80::1%eth0", ". [fe80::1%eth0]:53")]
    [InlineData("forward . /etc/resolv.conf", ". 192.0.2.53:53")]
    [InlineData("forward . 192.0.2.1 192.0.2.1:53 192.0.2.2", ". 192.0.2.1:53 192.0.2.2:53")]
    [InlineData("forward Example.ORG 192.0.2.1", "example.org. 192.0.2.1:53")]
    [InlineData("forward 10.0.0.0/24 192.0.2.1", "0.0.10.in-addr.arpa. 192.0.2.1:53")]
    [InlineData("forward 10.9.3.0/18 192.0.2.1", "0.9.10.in-addr.arpa. 192.0.2.1:53")]
    public void From_and_to(string directives, string expected)
    {
        var forward = Assert.Single(Corefiles.Block(directives).Forward);
        var to = forward.To.Select(server => $"{(server.Tls ? "tls://" : "")}{server}"
            + (server.ServerName is null ? "" : $"%{server.ServerName}"));
        Assert.Equal(expected, $"{forward.From} {string.Join(' ', to)}");
    }

    [Fact]
    public void Defaults()
    {
        var forward = Assert.Single(Corefiles.Block("forward . 192.0.2.1").Forward);
        Assert.Equal((false, false, 2, 0, 0), (forward.ForceTcp, forward.PreferUdp, forward.MaxFails, forward.MaxConcurrent,
            forward.MaxIdleConns));
        Assert.Equal(("10s", "500ms"),
            (GoDuration.Format(forward.Expire), GoDuration.Format(forward.HealthCheck.Interval)));
        Assert.Equal((ForwardPolicy.Random, null, null), (forward.Policy, forward.MaxAge, forward.MaxConnectAttempts));
        Assert.Equal((true, "."), (forward.HealthCheck.RecursionDesired, forward.HealthCheck.Domain));
    }

    [Theory]
    [InlineData("Pods.kube-system.svc.Cluster.local", "pods.kube-system.svc.cluster.local.", null)]
    [InlineData("pods.kube-system.svc.cluster.local:5353", "pods.kube-system.svc.cluster.local.", 5353)]
    public void Endpoints_are_a_name_with_or_without_a_port(string text, string name, int? port)
    {
        var forward = Assert.Single(Corefiles.Block($"forward . 192.0.2.1 {{\n endpoints {text}\n }}").Forward);
        Assert.Equal((name, port), (forward.Endpoints, forward.EndpointsPort));
    }

    [Theory]
    [InlineData("192.0.2.1", "endpoints 10.0.0.7", "the name of a headless Service")]
    [InlineData("192.0.2.1", "endpoints fd00::7", "the name of a headless Service")]
    [InlineData("192.0.2.1", "endpoints a..b", "the name of a headless Service")]
    [InlineData("192.0.2.1", "endpoints .", "the name of a headless Service")]
    [InlineData("192.0.2.1", "endpoints pods.local:0", "the name of a headless Service")]
    [InlineData("192.0.2.1", "endpoints pods.local:70000", "the name of a headless Service")]
    [InlineData("192.0.2.1", "endpoints pods.local:", "the name of a headless Service")]
    [InlineData("192.0.2.1", "endpoints", "one value")]
    [InlineData("192.0.2.1", "endpoints a.local b.local", "one value")]
    [InlineData("tls://192.0.2.1", "endpoints pods.local", "no endpoints beside tls://")]
    public void Endpoints_that_cannot_be_are_an_error(string server, string option, string told)
    {
        var result = Corefiles.Load($". {{\n forward . {server} {{\n {option}\n }}\n}}\n");
        Assert.Contains(told, Corefiles.Text(result.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option()
    {
        var forward = Assert.Single(Corefiles.Block(
            """
            forward . 192.0.2.1 {
                except a.example 10.0.0.0/24
                force_tcp
                prefer_udp
                max_fails 0
                max_connect_attempts 7
                max_idle_conns 8
                max_concurrent 1000
                expire 20s
                max_age 1m
                policy sequential
                health_check 1s no_rec domain Example.org
                next NXDOMAIN refused
                next_on_nodata
                failover SERVFAIL
                failfast_all_unhealthy_upstreams
                tls_servername dns.example
                source_address 192.0.2.9
            }
            """).Forward);
        Assert.Equal(["a.example.", "0.0.10.in-addr.arpa."], forward.Except);
        Assert.Equal((true, true, 0, 7, 8, 1000), (forward.ForceTcp, forward.PreferUdp, forward.MaxFails,
            forward.MaxConnectAttempts, forward.MaxIdleConns, forward.MaxConcurrent));
        Assert.Equal((20, 60), (forward.Expire.TotalSeconds, forward.MaxAge!.Value.TotalSeconds));
        Assert.Equal((1, false, "example.org."), (forward.HealthCheck.Interval.TotalSeconds,
            forward.HealthCheck.RecursionDesired, forward.HealthCheck.Domain));
        Assert.Equal([3, 5], forward.Next);
        Assert.Equal([2], forward.Failover);
        Assert.Equal((true, true, ForwardPolicy.Sequential, "dns.example", "192.0.2.9"), (forward.NextOnNodata,
            forward.FailfastAllUnhealthy, forward.Policy, forward.TlsServerName, forward.SourceAddress!.ToString()));
    }

    [Theory]
    [InlineData("tls", null, null, null)]
    [InlineData("tls ca.pem", null, null, "ca.pem")]
    [InlineData("tls cert.pem key.pem", "cert.pem", "key.pem", null)]
    [InlineData("tls cert.pem key.pem ca.pem", "cert.pem", "key.pem", "ca.pem")]
    public void Tls_files(string option, string? cert, string? key, string? ca)
    {
        const string Pem = "-----BEGIN CERTIFICATE-----\n";
        var options = Corefiles.Options with { Files = new TestFiles(("cert.pem", Pem), ("key.pem", Pem), ("ca.pem", Pem)) };
        var block = Corefiles.Good($". {{\nforward . tls://192.0.2.1 {{\n{option}\n}}\n}}", options).Blocks[0];
        Assert.Equal(new TlsFilesConfig(cert, key, ca), block.Forward[0].Tls);
    }

    [Fact]
    public void Tls_file_without_a_certificate_is_an_error() => Assert.Equal(
        "3: forward: /etc/resolv.conf: expected a PEM file, with a line that starts with -----BEGIN",
        Corefiles.Errors("forward . tls://192.0.2.1 {\ntls /etc/resolv.conf\n}"));

    [Fact]
    public void Several_forwards_stay_in_order() => Assert.Equal(["a.", "b.", "."],
        Corefiles.Block("forward a 192.0.2.1\nforward b 192.0.2.2\nforward . 192.0.2.3").Forward.Select(f => f.From));

    [Fact]
    public void A_host_name_is_looked_up_with_the_resolver_given()
    {
        var options = Corefiles.Options with
        {
            Lookup = (name, resolvers) => name == "dns.example." && resolvers is [{ Port: 5353 }]
                ? [IPAddress.Parse("192.0.2.7"), IPAddress.Parse("192.0.2.8")]
                : [],
        };
        var config = Corefiles.Good(". {\nforward . dns.example:54 {\nresolver 192.0.2.1:5353\n}\n}", options);
        Assert.Equal("192.0.2.7:54 192.0.2.8:54", string.Join(' ', config.Blocks[0].Forward[0].To));
        Assert.Equal("2: forward: other.example: expected a host name that has an address",
            Corefiles.Text(Corefiles.Load(". {\nforward . other.example\n}", options).Errors));
    }

    [Fact]
    public void Without_a_way_to_look_up_a_host_name_is_left_out_with_a_warning()
    {
        Assert.Empty(Corefiles.Block("forward . dns.example").Forward[0].To);
        Assert.Equal("2: forward: dns.example: a host name, looked up once at start and at each reload; not looked up now",
            Corefiles.Warnings("forward . dns.example"));
    }

    [Fact]
    public void A_network_of_several_zones_forwards_the_first_with_a_warning() => Assert.Equal(
        "2: forward: 10.9.3.0/18 192.0.2.1: is several zones, of which only 0.9.10.in-addr.arpa. is forwarded, as in CoreDNS",
        Corefiles.Warnings("forward 10.9.3.0/18 192.0.2.1"));

    [Fact]
    public void A_read_timeout_is_read()
    {
        Assert.Equal(TimeSpan.FromSeconds(1),
            Corefiles.Block("forward . 192.0.2.1 {\nread_timeout 1s\n}").Forward[0].ReadTimeout);
        Assert.Null(Corefiles.Block("forward . 192.0.2.1").Forward[0].ReadTimeout);
        Assert.Equal("", Corefiles.Warnings("forward . 192.0.2.1 {\nread_timeout 1s\n}"));
    }

    [Theory]
    [InlineData("forward", "2: forward: (nothing): expected a zone, then servers or /etc/resolv.conf")]
    [InlineData("forward .", "2: forward: .: expected a zone, then servers or /etc/resolv.conf")]
    [InlineData("forward . /missing", "2: forward: /missing: expected a readable file: no such file")]
    [InlineData("forward . 10.0.0.300", "2: forward: 10.0.0.300: expected an address, address:port, tls://address, a file "
        + "such as /etc/resolv.conf, or a host name")]
    [InlineData("forward . <nil>", "2: forward: <nil>: expected an address, address:port, tls://address, a file "
        + "such as /etc/resolv.conf, or a host name")]
    [InlineData("forward . https://192.0.2.1",
        "2: forward: https://192.0.2.1: expected a server asked over UDP, TCP or TLS (tls://)")]
    [InlineData("forward . 192.0.2.1:99999", "2: forward: 192.0.2.1:99999: expected an address, address:port, "
        + "tls://address, a file such as /etc/resolv.conf, or a host name")]
    [InlineData("forward a..b 192.0.2.1", "2: forward: a..b: expected a domain name or a network, such as "
        + "\"example.org\", \"example.org:53\" or \"10.0.0.0/24\"")]
    [InlineData("forward . 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9 10.0.0.10 "
        + "10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15 10.0.0.16", "2: forward: . 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 "
        + "10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9 10.0.0.10 10.0.0.11 10.0.0.12 10.0...: expected at most 15 servers")]
    public void Rejected(string directives, string expected) =>
        Assert.Equal(expected, Corefiles.Errors(directives));

    [Theory]
    [InlineData("except", "expected at least one zone")]
    [InlineData("force_tcp yes", "expected nothing after it")]
    [InlineData("max_fails", "expected one value")]
    [InlineData("max_fails -1", "expected a number of failed probes, 0 or more")]
    [InlineData("max_concurrent many", "expected a number of questions, 0 or more")]
    [InlineData("max_idle_conns -1", "expected a number of connections, 0 or more")]
    [InlineData("expire -1s", "expected an idle time as a duration such as 500ms, 10s or 1h, 0s or more")]
    [InlineData("expire 10", "expected an idle time as a duration such as 500ms, 10s or 1h, 0s or more")]
    [InlineData("max_age 5s", "expected an age of at least expire, 10s, or 0s")]
    [InlineData("read_timeout 0s", "expected a timeout as a duration such as 500ms, 10s or 1h, 1ms or more")]
    [InlineData("policy best", "expected random, round_robin or sequential")]
    [InlineData("health_check", "expected DURATION [no_rec] [domain NAME]")]
    [InlineData("health_check 1s domain", "expected DURATION [no_rec] [domain NAME]")]
    [InlineData("health_check 1s often", "expected DURATION [no_rec] [domain NAME]")]
    [InlineData("next", "expected at least one rcode")]
    [InlineData("next NONSENSE", "expected rcodes such as NXDOMAIN or SERVFAIL")]
    [InlineData("failover NOERROR", "expected rcodes such as SERVFAIL or REFUSED, and not NOERROR")]
    [InlineData("tls a b c d", "expected nothing, CA, CERT KEY or CERT KEY CA")]
    [InlineData("resolver", "expected at least one address or address:port")]
    [InlineData("resolver dns.example", "expected addresses or address:port")]
    [InlineData("source_address eth0", "expected an address")]
    [InlineData("doh_method POST", "expected no doh_method: upstreams are asked over UDP, TCP or TLS (tls://)")]
    [InlineData("nonsense", "expected one of except, force_tcp, prefer_udp, tls, tls_servername, policy, max_fails, "
        + "health_check, expire, max_age, max_idle_conns, max_connect_attempts, read_timeout, max_concurrent, next, "
        + "next_on_nodata, failover, failfast_all_unhealthy_upstreams, resolver, source_address, endpoints")]
    public void Rejected_options(string option, string expected) => Assert.Equal(
        $"3: forward: {option}: {expected}", Corefiles.Errors($"forward . 192.0.2.1 {{\n{option}\n}}"));

    [Fact]
    public void Two_names_for_one_certificate_are_refused() => Assert.Equal(
        "2: forward: . tls://192.0.2.1%a.example: expected either tls_servername or %a.example after the server, not both",
        Corefiles.Errors("forward . tls://192.0.2.1%a.example {\ntls_servername b.example\n}"));
}

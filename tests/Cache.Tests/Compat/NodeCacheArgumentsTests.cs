using System.Net;
using NodeDns.Cache.Compat;
using Xunit;

namespace NodeDns.Cache.Tests.Compat;

public sealed class NodeCacheArgumentsTests
{
    [Theory]
    [InlineData("-p", "1053", 1053)]
    [InlineData("-p=1053", null, 1053)]
    [InlineData("--dns.port=1053", null, 1053)]
    public void The_port_has_two_names(string flag, string? value, int expected) =>
        Assert.Equal(expected, Good([flag, .. value is null ? [] : new[] { value }]).DnsPort);

    [Fact]
    public void Of_two_names_for_one_thing_the_last_word_counts() =>
        Assert.Equal(54, Good(["-dns.port=53", "-p=54"]).DnsPort);

    [Theory]
    [InlineData("60", 60)]
    [InlineData("60s", 60)]
    [InlineData("60ns", 60)]
    [InlineData("2m", 120)]
    [InlineData("1m30s", 90)]
    [InlineData("5ms", 1)]
    [InlineData("24h", 3600)]
    public void A_sync_interval_means_what_it_says(string text, int seconds) =>
        Assert.Equal(seconds, Good([$"-syncinterval={text}"]).SyncInterval.TotalSeconds);

    [Theory]
    [InlineData(":9353", "[::]:9353")]
    [InlineData("127.0.0.1:9353", "127.0.0.1:9353")]
    [InlineData("[::1]:9353", "[::1]:9353")]
    public void Metrics_listen_at_an_address_and_port(string text, string expected) =>
        Assert.Equal(IPEndPoint.Parse(expected), Good([$"-metrics-listen-address={text}"]).MetricsListen);

    [Fact]
    public void Without_tls_enabled_its_siblings_mean_nothing() =>
        Assert.Null(Good(["-tls-cert-file=/nowhere", "-tls-min-version=772"]).MetricsTls);

    [Theory]
    [InlineData("NoClientCert", false)]
    [InlineData("RequireAndVerifyClientCert", true)]
    public void Tls_enabled_makes_the_metrics_https(string type, bool verifies)
    {
        var file = Path.GetTempFileName();
        foreach (var prefix in new[] { "", "tls-" })
        {
            var tls = Good(
            [
                "-tls-enabled=1", $"-tls-cert-file={file}", "-tls-private-key-file", file, $"-{prefix}client-auth-type={type}",
                $"-{prefix}client-ca-file={file}", "-tls-min-version=771",
            ]).MetricsTls!;
            Assert.Equal((file, file), (tls.CertificateFile, tls.KeyFile));
            Assert.Equal(verifies ? file : null, tls.ClientCaFile);
            Assert.Equal(0x0303, tls.MinVersion);
        }
        File.Delete(file);
    }

    [Theory]
    [InlineData("-tls-enabled", "-tls-cert-file /etc/ssl/tls.crt: expected a file that can be read")]
    [InlineData("-tls-min-version=5", "-tls-min-version 5: expected 771")]
    [InlineData("-client-auth-type=Maybe", "-client-auth-type Maybe: expected RequireAndVerifyClientCert")]
    [InlineData("-client-auth-type=VerifyClientCertIfGiven", "-client-auth-type VerifyClientCertIfGiven: expected Require")]
    [InlineData("-client-auth-type=RequireAndVerifyClientCert", "-client-ca-file: expected a file")]
    public void What_cannot_be_is_told_with_its_flag(string flag, string expected)
    {
        Assert.Null(NodeCacheArguments.Parse(["-localip=10.0.0.1", "-tls-enabled", flag], out var problems));
        Assert.Contains(problems, problem => problem.StartsWith(expected, StringComparison.Ordinal));
    }

    private static NodeCacheArguments Good(string[] words)
    {
        var arguments = NodeCacheArguments.Parse(["-localip", "10.0.0.1", .. words], out var problems);
        Assert.Empty(problems);
        return arguments!;
    }
}

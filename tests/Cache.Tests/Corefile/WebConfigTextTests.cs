using NodeDns.Cache.Corefile;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

/// <summary>What asks for more than plain HTTP gets it, or an error.</summary>
public sealed class WebConfigTextTests
{
    private const string Pem = "-----BEGIN X-----\n";
    private const string Pair = "tls_server_config:\n  cert_file: a.pem\n  key_file: a.pem\n";
    private const string NoPair = "expected cert_file and key_file under tls_server_config";
    private const string NoPolicy = "client_ca_file: /w/ca.pem: clients are not verified: expected client_auth_type: "
        + "RequireAndVerifyClientCert or VerifyClientCertIfGiven beside it, or no client_ca_file";

    [Theory]
    [InlineData("tls_server_config:\n  client_auth_type: RequireAndVerifyClientCert\n", NoPair)]
    [InlineData("tls_server_config:\n  client_auth_type: NoClientCert\n", NoPair)]
    [InlineData("tls_server_config:\n  client_ca_file: ca.pem\n", NoPair)]
    [InlineData(Pair + "  client_ca_file: ca.pem\n", NoPolicy)]
    [InlineData(Pair + "  client_ca_file: ca.pem\n  client_auth_type: NoClientCert\n", NoPolicy)]
    [InlineData("tls_server_config: { client_auth_type: RequireAndVerifyClientCert }\n",
        "line 1: tls_server_config: { client_auth_type: RequireAndVerifyClientCert }: expected its keys on lines of their own")]
    [InlineData(Pair + "http_server_config:\n  headers:\n    X-Frame-Options: deny\n", "line 5: headers: expected http2")]
    [InlineData(" tls_server_config:\n   client_auth_type: RequireAndVerifyClientCert\n",
        "line 1: tls_server_config: expected at the start of its line")]
    public void What_is_asked_for_is_never_left_out(string text, string expected)
    {
        Assert.Null(WebConfigText.Parse(text, "/w", out var problem));
        Assert.Equal(expected, problem);
    }

    [Fact]
    public void Error_names_the_file_and_the_setting() => Assert.Equal(
        "3: prometheus: tls /w/web.yml: expected a web configuration file: " + NoPolicy,
        Errors(". {\nprometheus {\ntls /w/web.yml\n}\n}", Pair + "  client_ca_file: ca.pem\n"));

    [Theory]
    [InlineData("min_version: TLS13")]
    [InlineData("")]
    public void Nothing_to_serve_https_with_is_plain_http(string line)
    {
        Assert.Null(WebConfigText.Parse($"tls_server_config:\n  {line}\n", "/w", out var problem));
        Assert.Equal("", problem);
    }

    [Fact]
    public void Second_tls_in_a_block_is_an_error() => Assert.Equal(
        "4: prometheus: tls /w/web.yml: expected once",
        Errors(". {\nprometheus {\ntls /w/web.yml\ntls /w/web.yml\n}\n}", Pair));

    [Theory]
    [InlineData(":9153", ":9153", "web.yml", "7: prometheus: :9153: expected the tls of 2, which serves this address "
        + "too: an address has one, so write the same there and here, or another address")]
    [InlineData(":9153", ":9153", "same.yml", "")]
    [InlineData(":9153", ":9154", "web.yml", "")]
    public void Blocks_that_share_an_address_do_not_differ_in_tls(string first, string second, string file, string expected) =>
        Assert.Equal(expected, Errors(
            $". {{\nprometheus {first} {{\ntls /w/same.yml\n}}\n}}\na {{\nprometheus {second} {{\ntls /w/{file}\n}}\n}}", Pair));

    private static string Errors(string corefile, string web) => Corefiles.Text(Corefiles.Load(corefile, Corefiles.Options with
    {
        Files = new TestFiles(
            ("/w/web.yml", web), ("/w/same.yml", Pair + "  min_version: TLS13\n"), ("/w/a.pem", Pem), ("/w/ca.pem", Pem)),
    }).Errors);
}

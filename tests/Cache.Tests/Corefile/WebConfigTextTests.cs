using NodeDns.Corefile;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

/// <summary>What a web configuration asks for is done, or an error that names it.</summary>
public sealed class WebConfigTextTests
{
    private const string Pair = "tls_server_config:\n  cert_file: a.pem\n  key_file: a.pem\n";

    [Fact]
    public void Everything_is_read()
    {
        var tls = WebConfigText.Parse(
            """
            ---
            # of our exporters
            tls_server_config:
                cert_file: a.pem # ours
                key_file: "/k/b.pem"
                client_auth_type: 'RequireAndVerifyClientCert'

                client_ca_file: c#.pem
            """, "/w", out var problem);
        Assert.Equal("", problem);
        Assert.Equal(new WebTlsConfig("/w/a.pem", "/k/b.pem", "/w/c#.pem"), tls);
    }

    [Fact]
    public void Clients_need_no_certificate_by_default()
    {
        Assert.Null(WebConfigText.Parse(Pair + "  client_auth_type: NoClientCert\n", "", out _)!.ClientCaFile);
        Assert.Null(WebConfigText.Parse(Pair, "", out _)!.ClientCaFile);
    }

    [Theory]
    [InlineData("", "expected cert_file and key_file under tls_server_config")]
    [InlineData("tls_server_config:\n  cert_file: a\n", "expected cert_file and key_file under tls_server_config")]
    [InlineData("  cert_file: a\n", "line 1: cert_file: expected tls_server_config: on a line of its own above it")]
    [InlineData("tls_server_config: {}\n", "line 1: tls_server_config: expected its keys on lines of their own")]
    [InlineData("tls_server_config:\n  cert_file\n", "line 2: cert_file: expected KEY: VALUE")]
    [InlineData("tls_server_config:\n  cert_file: a\n  cert_file: b\n", "line 3: cert_file: expected once")]
    [InlineData("other:\n", "line 1: other: expected tls_server_config")]
    [InlineData(Pair + "  other: x\n", "line 4: other: expected cert_file, key_file, client_auth_type or client_ca_file")]
    [InlineData(Pair + "  client_ca_file: c\n", "client_ca_file: clients are not verified: expected client_auth_type: "
        + "RequireAndVerifyClientCert beside it, or no client_ca_file")]
    [InlineData(Pair + "  client_auth_type: RequireAndVerifyClientCert\n",
        "client_auth_type: RequireAndVerifyClientCert: expected client_ca_file beside it")]
    [InlineData(Pair + "  client_auth_type: RequestClientCert\n",
        "line 4: client_auth_type: expected RequireAndVerifyClientCert with client_ca_file, or NoClientCert")]
    public void Wrong_file_is_an_error(string text, string expected)
    {
        Assert.Null(WebConfigText.Parse(text, "/w", out var problem));
        Assert.Equal(expected, problem);
    }

    [Theory]
    [InlineData("basic_auth_users:\n  prometheus: $2y$10$secret\n", "basic_auth_users")]
    [InlineData("rate_limit:\n  interval: 1s\n", "rate_limit")]
    [InlineData("http_server_config:\n  headers:\n", "http_server_config")]
    [InlineData("  cert: |\n    -----BEGIN X-----\n", "cert")]
    [InlineData("  client_allowed_sans: [secret]\n", "client_allowed_sans")]
    [InlineData("  min_version: TLS13\n", "min_version")]
    [InlineData("  cipher_suites: [secret]\n", "cipher_suites")]
    public void What_this_server_does_not_do_is_refused_by_its_name_and_without_its_value(string lines, string name)
    {
        Assert.Null(WebConfigText.Parse(Pair + lines, "/w", out var problem));
        Assert.StartsWith($"line 4: {name}: ", problem, StringComparison.Ordinal);
        Assert.Contains("expected", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem, StringComparison.Ordinal);
    }
}

using NodeDns.Corefile;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

/// <summary>What a web configuration asks for is done, or an error.</summary>
public sealed class WebConfigTextTests
{
    private const string Pem = "-----BEGIN X-----\n";
    private const string Pair = "tls_server_config:\n  cert_file: a.pem\n  key_file: a.pem\n";
    private const string HashEnd = "$.LxzwK0RykxHoxDsBZOux.O0iUsXO62jykc7SdC93qPHvYBNPhdzW";
    private const string Hash = "$2y$10" + HashEnd;
    private const string NoPair = "expected cert_file and key_file under tls_server_config";
    private const string NoPolicy = "client_ca_file: /w/ca.pem: clients are not verified: expected client_auth_type: "
        + "RequireAndVerifyClientCert or VerifyClientCertIfGiven beside it, or no client_ca_file";

    [Fact]
    public void Everything_is_read()
    {
        var web = Good($"""
            ---
            # of our exporters
            tls_server_config:
                cert_file: a.pem # ours
                key_file: "/k/b.pem"
                client_auth_type: 'VerifyClientCertIfGiven'
                client_ca_file: c.pem
                client_allowed_sans: [ "spiffe://cluster.local/ns/monitoring/sa/prometheus", 10.0.0.1 ]
                min_version: TLS12
                max_version: TLS12
                prefer_server_cipher_suites: yes
                cipher_suites:
                - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
                - "TLS_AES_128_GCM_SHA256"
                - TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA

                curve_preferences: [ CurveP256, 'X25519' ] # fast ones
            http_server_config:
              http2: false
              headers:
                Strict-Transport-Security: max-age=31536000; includeSubDomains
                X-Frame-Options: deny
                X-Content-Type-Options: nosniff
                X-XSS-Protection: "1; mode=block"
                Content-Security-Policy: "default-src 'self'"
            rate_limit:
              interval: 1s
              burst: 5
            basic_auth_users:
              alice: {Hash}
              "two words": '{Hash}'
            """);
        Assert.Equal(["spiffe://cluster.local/ns/monitoring/sa/prometheus", "10.0.0.1"], web.Tls!.ClientNames);
        Assert.Equal(new WebTlsConfig
        {
            CertificateFile = "/w/a.pem", KeyFile = "/k/b.pem", ClientCaFile = "/w/c.pem",
            ClientAuthType = "VerifyClientCertIfGiven", MaxVersion = 0x0303, NamesCiphers = true,
            Ciphers = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA", Curves = "P-256:X25519",
        }, web.Tls with { ClientNames = [] });
        Assert.Equal(
            [
                ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"), ("X-Frame-Options", "deny"),
                ("X-Content-Type-Options", "nosniff"), ("X-XSS-Protection", "1; mode=block"),
                ("Content-Security-Policy", "default-src 'self'"),
            ], web.Headers);
        Assert.Equal((TimeSpan.FromSeconds(1), 5), (web.RateInterval, web.RateBurst));
        Assert.Equal(["alice", "two words"], web.Users.Keys.Order());
        Assert.All(web.Users.Values, hash => Assert.Equal(Hash, hash));
    }

    [Fact]
    public void Text_behind_a_bar_is_read_to_its_end()
    {
        var tls = Good("""
            tls_server_config:
              cert: |
                -----BEGIN X-----
                  abc

                -----END X-----
              key: |-
                  -----BEGIN Y-----
            http_server_config:
              http2: true
            """).Tls!;
        Assert.Equal("-----BEGIN X-----\nabc\n\n-----END X-----\n", tls.CertificateText);
        Assert.Equal("-----BEGIN Y-----\n", tls.KeyText);
    }

    [Theory]
    [InlineData("tls_server_config:\n  min_version: TLS13\n")]
    [InlineData("tls_server_config:\n  cert_file:\n  key_file: ~\n")]
    [InlineData("# nothing\n")]
    [InlineData("basic_auth_users:\n  a: " + Hash + "\n")]
    public void Nothing_to_serve_https_with_is_plain_http(string text) => Assert.Null(Good(text).Tls);

    [Theory]
    [InlineData("cipher_suites: [TLS_AES_128_GCM_SHA256]", 0x0304)]
    [InlineData("min_version: TLS10", 0x0303)]
    [InlineData("min_version: TLS13", 0x0304)]
    public void Least_version_is_one_that_can_be_spoken(string line, int expected) =>
        Assert.Equal(expected, Good(Pair + "  " + line).Tls!.MinVersion);

    [Theory]
    [InlineData("tls_server_config:\n  client_auth_type: RequireAndVerifyClientCert\n", NoPair)]
    [InlineData("tls_server_config:\n  client_auth_type: NoClientCert\n", NoPair)]
    [InlineData("tls_server_config:\n  client_ca_file: ca.pem\n", NoPair)]
    [InlineData("tls_server_config:\n  cert_file: a.pem\n", NoPair)]
    [InlineData(Pair + "  client_ca_file: ca.pem\n", NoPolicy)]
    [InlineData(Pair + "  client_ca_file: ca.pem\n  client_auth_type: NoClientCert\n", NoPolicy)]
    [InlineData(Pair + "  client_allowed_sans: [a]\n",
        "client_allowed_sans: a: clients show no certificate: expected client_auth_type beside it")]
    [InlineData(Pair + "  min_version: TLS13\n  max_version: TLS12\n", "expected a max_version that is not below min_version")]
    [InlineData("tls_server_config: { client_auth_type: RequireAndVerifyClientCert }\n",
        "line 1: tls_server_config: expected one word, or text in quotes, after the colon")]
    [InlineData("tls_server_config: yes\n", "line 1: tls_server_config: expected its keys on lines of their own")]
    [InlineData("client_auth_type: NoClientCert\n", "line 1: client_auth_type: expected its keys on lines of their own")]
    [InlineData("other:\n  a: b\n", "line 1: other: expected tls_server_config, http_server_config, rate_limit or basic_auth_users")]
    [InlineData("tls_server_config:\n  cert_file: a\n   key_file: b\n",
        "line 3: key_file: expected at the indentation of its neighbours")]
    [InlineData("tls_server_config:\n    cert_file: a\n  key_file: b\n",
        "line 3: key_file: expected at the indentation of its neighbours")]
    [InlineData("tls_server_config:\n\tcert_file: a\n", "line 2: a tab: expected spaces before the first word")]
    [InlineData("tls_server_config:\n  cert_file: a\n  cert_file: b\n", "line 3: cert_file: expected once")]
    [InlineData("tls_server_config:\n  cert_file\n", "line 2: expected a key without colons, a colon, a space and a value")]
    [InlineData("tls_server_config:\n  cert: >\n    x\n",
        "line 2: cert: expected one word, or text in quotes, after the colon")]
    [InlineData("tls_server_config:\n  cert: |\n    -----BEGIN X-----\n  cipher_suites: [x]\n",
        "line 4: cipher_suites: expected a cipher of Go's, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")]
    [InlineData("tls_server_config:\n  cert: |\n    -----BEGIN X-----\n", NoPair)]
    [InlineData("tls_server_config:\n  cert: x\n", "line 2: cert: expected PEM, lines from -----BEGIN to -----END behind a bar")]
    [InlineData("tls_server_config:\n  certs: x\n", "line 2: certs: expected cert_file, key_file, client_auth_type, client_ca_file, "
        + "cert, key, client_ca, client_allowed_sans, min_version, max_version, cipher_suites, curve_preferences or "
        + "prefer_server_cipher_suites")]
    [InlineData("tls_server_config:\n  cert_file: \"a\n", "line 2: cert_file: expected one word, or text in quotes, after the colon")]
    [InlineData("tls_server_config:\n  max_version: TLS11\n", "line 2: max_version: expected TLS12 or TLS13")]
    [InlineData("tls_server_config:\n  cipher_suites: [x]\n",
        "line 2: cipher_suites: expected a cipher of Go's, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")]
    [InlineData("tls_server_config:\n  cipher_suites: [x\n", "line 2: cipher_suites: expected words between brackets, with commas")]
    [InlineData("- x\n", "line 1: an item: expected below the key of its list")]
    [InlineData("tls_server_config:\n  curve_preferences:\n    - P256\n",
        "line 3: curve_preferences: expected CurveP256, CurveP384, CurveP521 or X25519")]
    [InlineData("tls_server_config:\n  prefer_server_cipher_suites: 1\n", "line 2: prefer_server_cipher_suites: expected true or false")]
    [InlineData("http_server_config:\n  headers:\n    X-Frame-Options: no\n",
        "line 3: headers/X-Frame-Options: expected deny or sameorigin")]
    [InlineData("http_server_config:\n  headers:\n    Server: x\n", "line 3: headers/Server: expected Strict-Transport-Security, "
        + "X-Content-Type-Options, X-Frame-Options, X-XSS-Protection or Content-Security-Policy")]
    [InlineData("http_server_config:\n  http3: true\n", "line 2: http3: expected http2 or headers")]
    [InlineData("rate_limit:\n  burst: many\n", "line 2: burst: expected burst, a number, and interval, a duration such as 1s")]
    [InlineData("basic_auth_users:\n  a: b\n", "line 2: a: expected a bcrypt hash, as htpasswd -B writes it")]
    [InlineData("basic_auth_users:\n  'a:b': " + Hash + "\n", "line 2: expected a key without colons, a colon, a space and a value")]
    [InlineData("basic_auth_users:\n  a: $2b$15" + HashEnd,
        "line 2: a: bcrypt's cost is 15: expected 4 to 14, where a look takes a second: htpasswd -nBC 10 a makes another")]
    [InlineData("tls_server_config:\n  key_file: |\n    -----BEGIN X-----\n",
        "line 2: key_file: expected a file's path: PEM text goes to cert, key or client_ca")]
    public void What_is_asked_for_is_never_left_out(string text, string expected)
    {
        Assert.Null(WebConfigText.Parse(text, "/w", out var problem));
        Assert.Equal(expected, problem);
    }

    /// <summary>Errors are logged, and files of secrets are where slips of the pen happen.</summary>
    [Theory]
    [InlineData("basic_auth_users:\n  a: S3cret\n")]
    [InlineData("basic_auth_users:\n  a:S3cret\n")]
    [InlineData("basic_auth_users:\n  'a:S3cret': x\n")]
    [InlineData("basic_auth_users:\n  a: x: S3cret\n")]
    [InlineData("basic_auth_users:\n  a: \"S3cret\n")]
    [InlineData("basic_auth_users:\n  a: [S3cret\n")]
    [InlineData("basic_auth_users:\n  a: [S3cret]\n")]
    [InlineData("basic_auth_users:\n  a:\n    - S3cret\n")]
    [InlineData("basic_auth_users:\n  - S3cret\n")]
    [InlineData("basic_auth_users:\n  - a: S3cret\n")]
    [InlineData("basic_auth_users:\n- a\n  - S3cret\n")]
    [InlineData("basic_auth_users: S3cret\n")]
    [InlineData("basic_auth_users: { a: S3cret }\n")]
    [InlineData("basic_auth_users:\n  a: |\n    S3cret\n")]
    [InlineData("basic_auth_users:\n    a: x\n  b: S3cret\n")]
    [InlineData("basic_auth_users:\na: S3cret\n")]
    [InlineData("basic_auth_user:\n  a: S3cret\n")]
    [InlineData("tls_server_config:\n  a: S3cret\n")]
    [InlineData("tls_server_config:\n  key: S3cret\n")]
    [InlineData("tls_server_config:\n  key: |\n    -----BEGIN X-----\n  S3cret\n")]
    [InlineData("tls_server_config:\n  key: |\n    -----BEGIN X-----\nS3cret==\n")]
    [InlineData("tls_server_config:\n  key: -----BEGIN X-----\n    S3cret\n")]
    [InlineData("tls_server_config:\n  keys: |\n    -----BEGIN X-----\n    S3cret\n")]
    [InlineData("tls_server_config:\n  key_file: |\n    -----BEGIN X-----\n    S3cret\n")]
    [InlineData("tls_server_config:\n  key_file: -----BEGIN X-----S3cret\n")]
    [InlineData("tls_server_config:\n  client_ca: |\n    -----BEGIN S3cret-----\n  cert_file: a.pem\n  key_file: a.pem\n")]
    [InlineData("http_server_config:\n  headers:\n    Authorization: S3cret\n")]
    [InlineData("S3cret\n")]
    [InlineData("- S3cret\n")]
    public void Errors_show_no_values_of_the_file(string text)
    {
        var problem = Errors(". {\nprometheus {\ntls /w/web.yml\n}\n}", text);
        Assert.StartsWith("3: prometheus: tls /w/web.yml: expected a web configuration file: ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("S3cret", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Error_names_the_file_and_the_setting() => Assert.Equal(
        "3: prometheus: tls /w/web.yml: expected a web configuration file: " + NoPolicy,
        Errors(". {\nprometheus {\ntls /w/web.yml\n}\n}", Pair + "  client_ca_file: ca.pem\n"));

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

    private static WebConfig Good(string text)
    {
        var web = WebConfigText.Parse(text, "/w", out var problem);
        Assert.Equal("", problem);
        return web!;
    }

    private static string Errors(string corefile, string web) => Corefiles.Text(Corefiles.Load(corefile, Corefiles.Options with
    {
        Files = new TestFiles(
            ("/w/web.yml", web), ("/w/same.yml", Pair + "  min_version: TLS13\n"), ("/w/a.pem", Pem), ("/w/ca.pem", Pem)),
    }).Errors);
}

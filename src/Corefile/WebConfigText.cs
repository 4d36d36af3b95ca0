using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using NodeDns.Go;

namespace NodeDns.Corefile;

/// <summary>Reads the web configuration file of Prometheus's exporters, which CoreDNS has from their exporter-toolkit.
/// </summary>
public static class WebConfigText
{
    private const string TlsKeys = "expected cert_file, key_file, client_auth_type, client_ca_file, cert, key, client_ca, client_allowed_sans, "
        + "min_version, max_version, cipher_suites, curve_preferences or prefer_server_cipher_suites";

    private const string AuthTypes = "expected NoClientCert, RequestClientCert, RequireAnyClientCert, "
        + "VerifyClientCertIfGiven or RequireAndVerifyClientCert";

    private const string PemStart = "-----BEGIN ";

    /// <summary>The highest cost of a password's hash. Each step doubles the look at it, which takes a second with this one.
    /// </summary>
    private const int MaxBcryptCost = 14;

    /// <summary>Go's names, and OpenSSL's; null: of TLS 1.3.</summary>
    private static readonly (string Go, string? OpenSsl)[] s_ciphers =
    [
        ("TLS_AES_128_GCM_SHA256", null), ("TLS_AES_256_GCM_SHA384", null), ("TLS_CHACHA20_POLY1305_SHA256", null),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"),
        ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"),
        ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
    ];

    private static readonly (string Go, string OpenSsl)[] s_curves =
        [("CurveP256", "P-256"), ("CurveP384", "P-384"), ("CurveP521", "P-521"), ("X25519", "X25519")];

    /// <param name="folder">What relative paths are relative to.</param>
    /// <returns>null, with a problem, for a file that cannot be honoured.</returns>
    public static WebConfig? Parse(string text, string folder, out string problem)
    {
        if (YamlText.Parse(text, out problem) is not { } values)
        {
            return null;
        }

        var reading = new Reading(folder);
        foreach (var value in values)
        {
            if (reading.Set(value) is not { } expected)
            {
                continue;
            }
            // Without the value, which may be a password or a private key under whichever key it came to stand.
            problem = $"line {value.Line}: {value.Key[(value.Key.IndexOf('/') + 1)..]}: {expected}";
            return null;
        }

        problem = TlsProblem(reading.Tls);
        return problem.Length > 0 ? null : new()
        {
            Source = folder + '\n' + text,
            Tls = IsPlain(reading.Tls) ? null : reading.Tls,
            Headers = reading.Headers.ToImmutable(),
            Users = reading.Users,
            RateInterval = reading.RateInterval,
            RateBurst = reading.RateBurst,
        };
    }

    private static bool IsPlain(WebTlsConfig tls) =>
        tls is { CertificateFile: "", KeyFile: "", ClientCaFile: null, ClientAuthType: null, CertificateText: "", KeyText: "",
            ClientCaText: "" };

    private static string TlsProblem(WebTlsConfig tls)
    {
        if (IsPlain(tls))
        {
            return "";
        }

        if (tls is { CertificateFile: "", CertificateText: "" } or { KeyFile: "", KeyText: "" })
        {
            return "expected cert_file and key_file under tls_server_config";
        }

        if (!tls.AsksClients && (tls.ClientCaFile is not null || tls.ClientCaText.Length > 0))
        {
            var (key, shown) = tls.ClientCaFile is { } file ? ("client_ca_file", $": {file}") : ("client_ca", "");
            return $"{key}{shown}: clients are not verified: expected client_auth_type: "
                + $"RequireAndVerifyClientCert or VerifyClientCertIfGiven beside it, or no {key}";
        }

        if (tls is { AsksClients: false, ClientNames.IsEmpty: false })
        {
            return $"client_allowed_sans: {tls.ClientNames[0]}: clients show no certificate: expected client_auth_type beside it";
        }

        return tls.MinVersion > tls.MaxVersion ? "expected a max_version that is not below min_version" : "";
    }

    private sealed class Reading(string folder)
    {
        public WebTlsConfig Tls { get; private set; } = new();
        public ImmutableArray<(string, string)>.Builder Headers { get; } = ImmutableArray.CreateBuilder<(string, string)>();
        public Dictionary<string, string> Users { get; } = [];
        public TimeSpan RateInterval { get; private set; }
        public int RateBurst { get; private set; }

        /// <returns>What was expected instead; null where the value is taken.</returns>
        public string? Set(YamlValue value)
        {
            var slash = value.Key.IndexOf('/');
            var section = slash < 0 ? value.Key : value.Key[..slash];
            var key = slash < 0 ? "" : value.Key[(slash + 1)..];
            if (slash < 0 && value.Text.Length > 0)
            {
                return "expected its keys on lines of their own";
            }

            return section switch
            {
                "tls_server_config" => key.Length == 0 ? null : SetTls(key, value.Text),
                "http_server_config" => key.Length == 0 ? null : SetHttp(key, value.Text),
                "rate_limit" => key.Length == 0 ? null : SetRate(key, value.Text),
                "basic_auth_users" => key.Length == 0 ? null : SetUser(key, value.Text),
                _ => "expected tls_server_config, http_server_config, rate_limit or basic_auth_users",
            };
        }

        private string? SetTls(string key, string text)
        {
            switch (key)
            {
                case "cert_file":
                    Tls = Tls with { CertificateFile = InFolder(text) };
                    return IsPath(text);
                case "key_file":
                    Tls = Tls with { KeyFile = InFolder(text) };
                    return IsPath(text);
                case "client_ca_file":
                    Tls = Tls with { ClientCaFile = text.Length == 0 ? null : InFolder(text) };
                    return IsPath(text);
                case "cert":
                    Tls = Tls with { CertificateText = text };
                    return IsPem(text);
                case "key":
                    Tls = Tls with { KeyText = text };
                    return IsPem(text);
                case "client_ca":
                    Tls = Tls with { ClientCaText = text };
                    return IsPem(text);
                case "client_auth_type":
                    Tls = Tls with { ClientAuthType = text.Length == 0 ? null : text };
                    return text is "" or "NoClientCert" or "RequestClientCert" or "RequireAnyClientCert" or "RequireClientCert"
                        or "VerifyClientCertIfGiven" or "RequireAndVerifyClientCert" ? null : AuthTypes;
                case "client_allowed_sans":
                    if (text.Length > 0)
                    {
                        Tls = Tls with { ClientNames = Tls.ClientNames.Add(text) };
                    }

                    return null;
                case "min_version":
                    // OpenSSL serves nothing below TLS 1.2 as it is built, whatever it is told.
                    Tls = Tls with { MinVersion = text == "TLS13" ? WebTlsConfig.Tls13 : WebTlsConfig.Tls12 };
                    return text is "TLS10" or "TLS11" or "TLS12" or "TLS13" ? null : "expected TLS12 or TLS13";
                case "max_version":
                    Tls = Tls with { MaxVersion = text == "TLS13" ? WebTlsConfig.Tls13 : WebTlsConfig.Tls12 };
                    return text is "TLS12" or "TLS13" ? null : "expected TLS12 or TLS13";
                case "prefer_server_cipher_suites":
                    return IsSwitch(text);
                case "cipher_suites":
                    return text.Length == 0 ? null : AddCipher(text);
                case "curve_preferences":
                    return text.Length == 0 ? null : AddCurve(text);
                default:
                    return TlsKeys;
            }
        }

        private string? AddCipher(string text)
        {
            var cipher = Array.Find(s_ciphers, known => known.Go == text);
            if (cipher.Go is null)
            {
                return "expected a cipher of Go's, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
            }

            Tls = Tls with { NamesCiphers = true, Ciphers = Joined(Tls.Ciphers, cipher.OpenSsl ?? "") };
            return null;
        }

        private string? AddCurve(string text)
        {
            var curve = Array.Find(s_curves, known => known.Go == text);
            if (curve.Go is null)
            {
                return "expected CurveP256, CurveP384, CurveP521 or X25519";
            }

            Tls = Tls with { Curves = Joined(Tls.Curves, curve.OpenSsl) };
            return null;
        }

        private static string? IsPem(string text) =>
            text.Length == 0 || text.StartsWith(PemStart, StringComparison.Ordinal) ? null
                : "expected PEM, lines from -----BEGIN to -----END behind a bar";

        private static string? IsPath(string text) =>
            text.Contains('\n') || text.StartsWith(PemStart, StringComparison.Ordinal)
                ? "expected a file's path: PEM text goes to cert, key or client_ca" : null;

        private static string Joined(string before, string name) =>
            before.Length == 0 || name.Length == 0 ? before + name : $"{before}:{name}";

        private string InFolder(string path) => path.Length == 0 ? "" : Path.Combine(folder, path);

        private string? SetHttp(string key, string text)
        {
            if (key == "http2")
            {
                return IsSwitch(text);
            }

            if (key == "headers")
            {
                return text.Length == 0 ? null : "expected its keys on lines of their own";
            }

            var name = key.StartsWith("headers/", StringComparison.Ordinal) ? key["headers/".Length..] : "";
            var expected = name switch
            {
                "X-Content-Type-Options" => text == "nosniff" ? null : "expected nosniff",
                "X-Frame-Options" => text is "deny" or "sameorigin" ? null : "expected deny or sameorigin",
                "Strict-Transport-Security" or "X-XSS-Protection" or "Content-Security-Policy" =>
                    Ascii.IsValid(text) && !text.Any(char.IsControl) ? null : "expected printable ASCII",
                "" => "expected http2 or headers",
                _ => "expected Strict-Transport-Security, X-Content-Type-Options, X-Frame-Options, X-XSS-Protection or "
                    + "Content-Security-Policy",
            };
            Headers.Add((name, text));
            return expected;
        }

        private string? SetRate(string key, string text)
        {
            if (key == "burst" && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var burst))
            {
                RateBurst = burst;
            }
            else if (key == "interval" && GoDuration.TryParse(text, out var interval) && interval >= TimeSpan.Zero)
            {
                RateInterval = interval;
            }
            else
            {
                return "expected burst, a number, and interval, a duration such as 1s";
            }

            return null;
        }

        private string? SetUser(string name, string hash)
        {
            Users[name] = hash;
            if (!IsBcrypt(hash, out var cost))
            {
                return "expected a bcrypt hash, as htpasswd -B writes it";
            }

            return cost <= MaxBcryptCost ? null
                : $"bcrypt's cost is {cost}: expected 4 to {MaxBcryptCost}, where a look takes a second: "
                    + $"htpasswd -nBC 10 {name} makes another";
        }

        /// <summary>$2b$10$ and 53 characters: the version, the cost, salt and hash.</summary>
        /// <param name="cost">The logarithm of the rounds, 4 to 31.</param>
        private static bool IsBcrypt(string hash, out int cost)
        {
            cost = 0;
            return hash.Length == 60 && hash.StartsWith("$2", StringComparison.Ordinal) && hash[2] is 'a' or 'b' or 'y'
                && hash[3] == '$' && hash[6] == '$'
                && int.TryParse(hash.AsSpan(4, 2), NumberStyles.None, CultureInfo.InvariantCulture, out cost)
                && cost is >= 4 and <= 31
                && hash.Skip(7).All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '/');
        }

        private static string? IsSwitch(string text) =>
            text.ToLowerInvariant() is "true" or "false" or "yes" or "no" or "on" or "off" or "y" or "n"
                ? null : "expected true or false";
    }
}

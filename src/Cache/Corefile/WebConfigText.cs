namespace NodeDns.Cache.Corefile;

/// <summary>The web configuration file of Prometheus's exporters, as far as it says how to serve HTTPS: two levels of
/// <c>key: value</c> lines in YAML.</summary>
public static class WebConfigText
{
    private const string Known = "expected cert_file, key_file, client_auth_type, client_ca_file or min_version";

    /// <param name="folder">What relative paths are relative to.</param>
    /// <returns>What is read; null with an empty problem where the file asks for plain HTTP, and with one where it cannot
    /// be honoured.</returns>
    public static WebTlsConfig? Parse(string text, string folder, out string problem)
    {
        problem = "";
        var tls = new WebTlsConfig();
        var section = "";
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var comment = raw.IndexOf('#');
            var line = (comment < 0 ? raw : raw[..comment]).TrimEnd();
            if (line.Length == 0 || line == "---")
                continue;
            var colon = line.IndexOf(':');
            var key = (colon < 0 ? line : line[..colon]).Trim();
            var value = colon < 0 ? "" : line[(colon + 1)..].Trim().Trim('"', '\'');
            if (!char.IsWhiteSpace(line[0]))
            {
                section = key;
                if (section is not ("tls_server_config" or "http_server_config"))
                    problem = $"{key}: expected tls_server_config";
                else if (value.Length > 0)
                    problem = $"{key}: {value}: expected its keys on lines of their own";
            }
            else if (section.Length == 0)
            {
                problem = $"{key}: expected at the start of its line";
            }
            else if (section == "http_server_config" && key != "http2")
            {
                problem = $"{key}: expected http2";
            }
            else if (section == "tls_server_config" && !TrySet(key, value, folder, ref tls, out var expected))
            {
                problem = $"{key}: {value}: {expected}";
            }

            if (problem.Length == 0)
                continue;
            problem = $"line {number}: {problem}";
            return null;
        }

        if (tls is { CertificateFile: "", KeyFile: "", ClientCaFile: null, ClientAuthType: null })
            return null;
        if (tls.CertificateFile.Length == 0 || tls.KeyFile.Length == 0)
            problem = "expected cert_file and key_file under tls_server_config";
        else if (tls is { AsksClients: true, ClientCaFile: null })
            problem = "expected client_ca_file where client_auth_type verifies";
        else if (tls is { AsksClients: false, ClientCaFile: { } roots })
        {
            problem = $"client_ca_file: {roots}: clients are not verified: expected client_auth_type: "
                + "RequireAndVerifyClientCert or VerifyClientCertIfGiven beside it, or no client_ca_file";
        }

        return problem.Length == 0 ? tls : null;
    }

    private static bool TrySet(string key, string value, string folder, ref WebTlsConfig tls, out string expected)
    {
        expected = Known;
        switch (key)
        {
            case "cert_file":
                tls = tls with { CertificateFile = Path.Combine(folder, value) };
                return value.Length > 0;
            case "key_file":
                tls = tls with { KeyFile = Path.Combine(folder, value) };
                return value.Length > 0;
            case "client_ca_file":
                tls = tls with { ClientCaFile = Path.Combine(folder, value) };
                return value.Length > 0;
            case "client_auth_type":
                expected = "expected NoClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert";
                tls = tls with { ClientAuthType = value };
                return value is "NoClientCert" or "VerifyClientCertIfGiven" or "RequireAndVerifyClientCert";
            case "min_version":
                expected = "expected TLS12 or TLS13";
                tls = tls with { MinVersion = value == "TLS13" ? WebTlsConfig.Tls13 : WebTlsConfig.Tls12 };
                return value is "TLS12" or "TLS13";
            default:
                return false;
        }
    }
}

/// <summary>How metrics are served over HTTPS.</summary>
public sealed record WebTlsConfig
{
    public const int Tls12 = 0x0303;
    public const int Tls13 = 0x0304;

    public string CertificateFile { get; init; } = "";
    public string KeyFile { get; init; } = "";

    /// <summary>Clients are asked for a certificate, which these roots must have signed.</summary>
    public string? ClientCaFile { get; init; }

    /// <summary>As written; null: not written, which is NoClientCert.</summary>
    public string? ClientAuthType { get; init; }

    public bool AsksClients => ClientAuthType is "VerifyClientCertIfGiven" or "RequireAndVerifyClientCert";
    public bool ClientMustShow => ClientAuthType is "RequireAndVerifyClientCert";
    public int MinVersion { get; init; } = Tls12;
}

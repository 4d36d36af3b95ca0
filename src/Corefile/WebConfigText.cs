namespace NodeDns.Corefile;

/// <summary>Parses the web configuration file of Prometheus's exporters, as far as a node's metrics port needs it:
/// <code>
/// tls_server_config:
///   cert_file: tls.crt
///   key_file: tls.key
///   client_auth_type: RequireAndVerifyClientCert
///   client_ca_file: ca.crt
/// </code>
/// Everything else that such a file may contain is an error that names it. It is better not to start than to open a port
/// that only looks protected.</summary>
internal static class WebConfigText
{
    private const string Section = "tls_server_config";
    private const string VerifiesClients = "RequireAndVerifyClientCert";

    /// <param name="folder">The folder that relative paths start from.</param>
    /// <returns>null and a problem when the file contains something that is not supported.</returns>
    public static WebTlsConfig? Parse(string text, string folder, out string problem)
    {
        var values = new Dictionary<string, string>();
        var inSection = false;
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var content = WithoutComment(line).TrimEnd();
            if (content.Length == 0 || content is "---")
            {
                continue;
            }

            var colon = content.IndexOf(':');
            var key = (colon < 0 ? content : content[..colon]).Trim();
            var value = colon < 0 ? "" : Unquoted(content[(colon + 1)..].Trim());
            var expected = colon < 0 ? "expected KEY: VALUE"
                : !char.IsWhiteSpace(content[0]) ? SectionProblem(key, value)
                : !inSection ? $"expected {Section}: on a line of its own above it"
                : KeyProblem(key, value);
            if (expected is null && char.IsWhiteSpace(content[0]) && !values.TryAdd(key, value))
            {
                expected = "expected once";
            }

            if (expected is not null)
            {
                // The message does not show the value, which may be a secret under a mistyped key.
                problem = $"line {number}: {key}: {expected}";
                return null;
            }

            inSection = true;
        }

        problem = Missing(values);
        return problem.Length > 0 ? null : new(
            Path.Combine(folder, values["cert_file"]),
            Path.Combine(folder, values["key_file"]),
            values.GetValueOrDefault("client_ca_file") is { } roots ? Path.Combine(folder, roots) : null);
    }

    private static string? SectionProblem(string key, string value) => key switch
    {
        Section => value.Length == 0 ? null : "expected its keys on lines of their own",
        "basic_auth_users" or "rate_limit" or "http_server_config" =>
            $"this server has no such thing: expected {Section} with client_ca_file, or a proxy before the port "
            + "(kube-rbac-proxy), and this section left out",
        _ => $"expected {Section}",
    };

    private static string? KeyProblem(string key, string value) => key switch
    {
        "cert_file" or "key_file" or "client_ca_file" =>
            value.Length > 0 && !value.StartsWith("-----", StringComparison.Ordinal) && value is not "|" and not ">"
                ? null : "expected a file's path",
        "client_auth_type" => value is VerifiesClients or "NoClientCert" ? null
            : $"expected {VerifiesClients} with client_ca_file, or NoClientCert",
        "cert" or "key" or "client_ca" => $"PEM text is not read here: expected {key}_file with the path of a file",
        "client_allowed_sans" => "this server does not look at clients' names: expected a client_ca_file that signs only "
            + "those who may read",
        "min_version" or "max_version" or "cipher_suites" or "curve_preferences" or "prefer_server_cipher_suites" =>
            "this server speaks TLS 1.2 and 1.3 with OpenSSL's own choice: expected this line left out",
        _ => "expected cert_file, key_file, client_auth_type or client_ca_file",
    };

    private static string Missing(Dictionary<string, string> values)
    {
        if (!values.ContainsKey("cert_file") || !values.ContainsKey("key_file"))
        {
            return $"expected cert_file and key_file under {Section}";
        }

        var verifies = values.GetValueOrDefault("client_auth_type") == VerifiesClients;
        return verifies == values.ContainsKey("client_ca_file") ? ""
            : verifies ? $"client_auth_type: {VerifiesClients}: expected client_ca_file beside it"
            : $"client_ca_file: clients are not verified: expected client_auth_type: {VerifiesClients} beside it, or no "
                + "client_ca_file";
    }

    /// <summary># starts a comment at the beginning of a line and after a space.</summary>
    private static string WithoutComment(string line)
    {
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '#' && (i == 0 || char.IsWhiteSpace(line[i - 1])))
            {
                return line[..i];
            }
        }

        return line;
    }

    private static string Unquoted(string value) =>
        value is ['"', .., '"'] or ['\'', .., '\''] ? value[1..^1] : value;
}

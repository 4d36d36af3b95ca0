using System.Globalization;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Compat;

/// <summary>node-cache's flags for HTTPS on its metrics port: <c>-tls-enabled</c> and the other -tls flags.</summary>
internal static class NodeCacheTls
{
    public static readonly string[] Texts =
        ["tls-cert-file", "tls-private-key-file", "client-auth-type", "client-ca-file", "tls-min-version"];

    private const string NoClients = "NoClientCert";
    private const string VerifiedClients = "RequireAndVerifyClientCert";
    private const int Tls12 = 0x0303;
    private const int Tls13 = 0x0304;

    /// <returns>null without <c>-tls-enabled</c>.</returns>
    public static HttpTlsOptions? Read(bool enabled, Func<string, string, string> text, List<string> problems)
    {
        if (!enabled)
        {
            return null;
        }
        return new HttpTlsOptions(
            File("tls-cert-file", text("tls-cert-file", "/etc/ssl/tls.crt"), problems),
            File("tls-private-key-file", text("tls-private-key-file", "/etc/ssl/tls.key"), problems),
            ClientCa(text("client-auth-type", NoClients), text("client-ca-file", ""), problems))
        {
            MinVersion = MinVersion(text("tls-min-version", "772"), problems),
        };
    }

    /// <returns>null when clients need no certificate.</returns>
    private static string? ClientCa(string type, string roots, List<string> problems)
    {
        switch (type, roots)
        {
            case (NoClients, _):
                return null;
            case (VerifiedClients, { Length: > 0 }):
                return File("client-ca-file", roots, problems);
            case (VerifiedClients, _):
                problems.Add($"-client-ca-file: expected a file, because of -client-auth-type {VerifiedClients}");
                return null;
            default:
                problems.Add($"-client-auth-type {type}: expected {VerifiedClients} with -client-ca-file, or {NoClients}");
                return null;
        }
    }

    private static string File(string flag, string path, List<string> problems)
    {
        if (!System.IO.File.Exists(path))
        {
            problems.Add($"-{flag} {path}: expected a file that can be read, because of -tls-enabled");
        }
        return path;
    }

    /// <summary>Parses the TLS version: its name, or Go's number for it. TLS 1.0 and 1.1 are not supported.</summary>
    private static int MinVersion(string text, List<string> problems)
    {
        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var number = text switch
        {
            "VersionTLS10" or "VersionTLS11" or "VersionTLS12" => Tls12,
            "VersionTLS13" => Tls13,
            _ => int.TryParse(
                isHex ? text.AsSpan(2) : text,
                isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var given) ? given : 0,
        };
        if (number is >= 0x0301 and <= Tls13)
        {
            return Math.Max(number, Tls12);
        }
        problems.Add($"-tls-min-version {text}: expected 771 (TLS 1.2) or 772 (TLS 1.3)");
        return Tls13;
    }
}

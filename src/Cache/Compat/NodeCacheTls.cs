using System.Globalization;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Compat;

/// <summary>node-cache's flags for HTTPS on its metrics port: <c>-tls-enabled</c> and its siblings.</summary>
internal static class NodeCacheTls
{
    public static readonly string[] Texts =
        ["tls-cert-file", "tls-private-key-file", "client-auth-type", "client-ca-file", "tls-min-version"];

    private const int Tls12 = 0x0303;
    private const int Tls13 = 0x0304;

    /// <returns>null without <c>-tls-enabled</c>.</returns>
    public static HttpTlsOptions? Read(bool enabled, Func<string, string, string> text, List<string> problems)
    {
        if (!enabled)
        {
            return null;
        }
        var type = text("client-auth-type", "NoClientCert");
        if (type is not ("NoClientCert" or "RequestClientCert" or "RequireAnyClientCert" or "VerifyClientCertIfGiven"
            or "RequireAndVerifyClientCert"))
        {
            problems.Add($"-client-auth-type {type}: expected NoClientCert, RequestClientCert, RequireAnyClientCert, "
                + "VerifyClientCertIfGiven or RequireAndVerifyClientCert");
        }
        var verifies = type is "VerifyClientCertIfGiven" or "RequireAndVerifyClientCert";
        var roots = text("client-ca-file", "");
        return new HttpTlsOptions(
            File("tls-cert-file", text("tls-cert-file", "/etc/ssl/tls.crt"), problems),
            File("tls-private-key-file", text("tls-private-key-file", "/etc/ssl/tls.key"), problems))
        {
            ClientCertificate = verifies ? HttpClientCertificate.Verified
                : type == "NoClientCert" ? HttpClientCertificate.None
                : HttpClientCertificate.Taken,
            ClientMustShow = type is "RequireAnyClientCert" or "RequireAndVerifyClientCert",
            ClientCaFile = verifies && roots.Length > 0 ? File("client-ca-file", roots, problems) : null,
            MinVersion = MinVersion(text("tls-min-version", "772"), problems),
        };
    }

    private static string File(string flag, string path, List<string> problems)
    {
        if (!System.IO.File.Exists(path))
        {
            problems.Add($"-{flag} {path}: expected a file that can be read, because of -tls-enabled");
        }
        return path;
    }

    /// <summary>Go's number of the version, as its flags read one, or its name. TLS 1.0 and 1.1 are not spoken.</summary>
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

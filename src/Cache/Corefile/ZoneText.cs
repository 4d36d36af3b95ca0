using System.Collections.Immutable;
using System.Globalization;

namespace NodeDns.Cache.Corefile;

/// <summary>Zones as a Corefile writes them: [scheme://]name[:port], where name may be a network.</summary>
internal static class ZoneText
{
    /// <summary>Schemes of CoreDNS, and what they would serve.</summary>
    private static readonly (string Scheme, string Serves)[] s_schemes =
    [
        ("tls://", "DNS over TLS"), ("https3://", "DNS over HTTP/3"), ("https://", "DNS over HTTPS"),
        ("grpc://", "DNS over gRPC"), ("quic://", "DNS over QUIC"), ("unix://", "a Unix socket"),
    ];

    /// <summary>The zones of one word, in order: one, or for a network that ends between labels, several.</summary>
    /// <param name="port">-1 when the word names none.</param>
    /// <param name="reason">What was expected, when this returns false.</param>
    public static bool TryRead(string text, out ImmutableArray<string> zones, out int port, out string reason)
    {
        zones = [];
        port = -1;
        reason = "expected a domain name or a network, such as \"example.org\", \"example.org:53\" or \"10.0.0.0/24\"";
        foreach (var (scheme, serves) in s_schemes)
        {
            if (text.StartsWith(scheme, StringComparison.Ordinal))
            {
                reason = $"expected dns:// or no scheme: this server does not serve {serves}, only UDP and TCP";
                return false;
            }
        }

        if (text.StartsWith("dns://", StringComparison.Ordinal))
            text = text["dns://".Length..];
        var colon = text.LastIndexOf(':');
        if (colon >= 0 && colon == text.Length - 1)
        {
            reason = "expected a port after the colon";
            return false;
        }

        if (colon >= 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture, out var number))
        {
            if (number is < 0 or > 65535)
            {
                reason = "expected a port, 0 to 65535";
                return false;
            }

            port = number;
            text = text[..colon];
        }

        if (!DomainName.TryNormalize(text, out var name))
            return false;
        if (!ReverseZones.TryRead(text, out zones))
            zones = [name];
        return true;
    }
}

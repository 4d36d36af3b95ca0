using System.Collections.Immutable;
using System.Globalization;

namespace NodeDns.Corefile;

/// <summary>Parses zones as written in a Corefile: [scheme://]name[:port], where the name may be a network.</summary>
internal static class ZoneText
{
    /// <summary>CoreDNS's schemes, with the default port of each; null for --dns-port.</summary>
    private static readonly (string Text, ZoneTransport? Transport, int? Port)[] s_schemes =
    [
        ("dns://", ZoneTransport.Dns, null), ("tls://", ZoneTransport.Tls, 853), ("grpc://", ZoneTransport.Grpc, 443),
        ("https://", ZoneTransport.Https, 443), ("unix://", ZoneTransport.Unix, 0), ("quic://", null, null),
        ("https3://", null, null),
    ];

    /// <summary>Parses a key of a block: like <see cref="TryRead"/>, but with scheme and port.</summary>
    public static bool TryReadKey(string text, int dnsPort, out ImmutableArray<ZoneConfig> zones, out string reason)
    {
        zones = [];
        var (scheme, transport, otherwise) = SchemeOf(text);
        if (scheme.Length > 0 && transport is null)
        {
            reason = "expected another scheme, or none: this one needs a certificate, and CoreDNS too does not start without";
            return false;
        }

        if (!TryRead(text, out var names, out var port, out reason))
        {
            return false;
        }

        zones =
        [
            .. names.Select(name => new ZoneConfig(name, port < 0 ? otherwise ?? dnsPort : port)
            {
                PortGiven = port >= 0,
                Transport = transport ?? ZoneTransport.Dns,
            }),
        ];
        return true;
    }

    /// <summary>The zones of one word: one, or several for a network whose prefix ends inside a label. A scheme has a
    /// meaning only in the key of a block.</summary>
    /// <param name="port">-1 when the word has no port.</param>
    /// <param name="reason">What was expected, when the result is false.</param>
    public static bool TryRead(string text, out ImmutableArray<string> zones, out int port, out string reason)
    {
        zones = [];
        port = -1;
        reason = "expected a domain name or a network, such as \"example.org\", \"example.org:53\" or \"10.0.0.0/24\"";
        text = text[SchemeOf(text).Text.Length..];
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
        {
            return false;
        }

        if (!ReverseZones.TryRead(text, out zones))
        {
            zones = [name];
        }

        return true;
    }

    private static (string Text, ZoneTransport? Transport, int? Port) SchemeOf(string text)
    {
        foreach (var scheme in s_schemes)
        {
            if (text.StartsWith(scheme.Text, StringComparison.Ordinal))
            {
                return scheme;
            }
        }

        return ("", ZoneTransport.Dns, null);
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NodeDns.Webhook.Options;

/// <summary>Where a listener binds. null for <see cref="Address"/> means all addresses of the machine, in both families
/// if it has both.</summary>
internal readonly record struct ListenAddress(IPAddress? Address, int Port)
{
    public override string ToString() => Address switch
    {
        null => $":{Port}",
        { AddressFamily: AddressFamily.InterNetworkV6 } => $"[{Address}]:{Port}",
        _ => $"{Address}:{Port}",
    };

    /// <summary>True when both would use the same port of the same address. Port 0 never clashes.</summary>
    public bool Clashes(ListenAddress other) =>
        Port != 0 && Port == other.Port && (Address is null || other.Address is null || Address.Equals(other.Address));

    /// <summary>Parses <c>HOST:PORT</c>, where HOST is an IP address (IPv6 in brackets), <c>*</c>, <c>localhost</c> or
    /// nothing.</summary>
    public static bool TryParse(string text, out ListenAddress listen)
    {
        listen = default;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, null, out var port))
        {
            return false;
        }

        var host = text[..colon];
        if (host is "" or "*")
        {
            listen = new ListenAddress(null, port);
            return true;
        }
        if (host is ['[', .. var inner, ']'])
        {
            host = inner;
        }
        else if (host.Contains(':'))
        {
            return false;
        }

        var address = IPAddress.Loopback;
        if (host != "localhost" && !IPAddress.TryParse(host, out address))
        {
            return false;
        }

        listen = new ListenAddress(address, port);
        return true;
    }
}

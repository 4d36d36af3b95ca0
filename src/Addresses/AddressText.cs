using System.Buffers;
using System.Globalization;
using System.Net;

namespace NodeDns.Addresses;

/// <summary>Parses addresses, networks and host:port as Go's net package does. All flags and files are parsed here.
/// Forms that only inet_aton accepts (010.0.0.4, 10.0.0, 167772166) are not addresses.</summary>
public static class AddressText
{
    /// <summary>Characters that no link's name contains, or that would end a word of a Corefile.</summary>
    private static readonly SearchValues<char> s_noLink = SearchValues.Create("%/:[]{}\"#\\");

    public static bool IsDottedQuad(ReadOnlySpan<char> text)
    {
        var parts = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (++parts > 4 || part.Length is 0 or > 3 || part.ContainsAnyExceptInRange('0', '9')
                || (part.Length > 1 && part[0] == '0'))
            {
                return false;
            }
        }

        return parts == 4;
    }

    /// <summary>Parses an address without a scope; fe80::1%eth0 is refused. An IPv4 address that is written as an IPv6
    /// one (::ffff:10.0.0.4) is the IPv4 address.</summary>
    public static bool TryAddress(ReadOnlySpan<char> text, out IPAddress address)
    {
        if (!TryAsWritten(text, out address))
        {
            return false;
        }

        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return true;
    }

    /// <summary>As <see cref="TryAddress"/>, but ::ffff:10.0.0.4 remains an IPv6 address, as in the data of an AAAA
    /// record.</summary>
    public static bool TryAsWritten(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        return (text.Contains(':') ? !text.ContainsAny('%', '[', '/') : IsDottedQuad(text))
            && IPAddress.TryParse(text, out address!);
    }

    /// <summary>Parses an address with or without a scope. A scope has no meaning for an address that is not
    /// link-local, and is dropped.</summary>
    public static bool TryScoped(ReadOnlySpan<char> text, out ScopedAddress address)
    {
        address = default;
        var percent = text.IndexOf('%');
        if (!TryAddress(percent < 0 ? text : text[..percent], out var bare) || percent == text.Length - 1)
        {
            return false;
        }

        var scope = percent < 0 ? default : text[(percent + 1)..];
        address = new(bare, bare.IsIPv6LinkLocal && !scope.IsEmpty ? scope.ToString() : null);
        return !scope.ContainsAny(s_noLink) && !scope.ContainsAnyInRange('\0', ' ');
    }

    /// <summary>True when both texts are the same address, in whatever spelling, or are equal.</summary>
    public static bool AreSame(string? one, string? other)
    {
        if (one == other)
        {
            return true;
        }

        // Only an IPv6 address has several spellings.
        return one is not null && other is not null && (one.Contains(':') || other.Contains(':'))
            && TryScoped(one, out var first) && TryScoped(other, out var second) && first == second;
    }

    /// <summary>Parses an address, or an address and port, such as [fe80::53%eth0]:53.</summary>
    /// <param name="port">The default port on entry; the port in the text, if there is one, on return.</param>
    public static bool TryServer(string text, ref int port, out ScopedAddress address)
    {
        if (TryScoped(text, out address) || (text is ['[', .. var inner, ']'] && TryScoped(inner, out address)))
        {
            return true;
        }

        if (!TrySplit(text, out var host, out var portText) || !TryScoped(host, out address)
            || !TryPort(portText, out var given) || given == 0)
        {
            return false;
        }

        port = given;
        return true;
    }

    /// <summary>Parses a network such as 10.0.0.0/8, and a single address if <paramref name="single"/> is set. Bits
    /// after the prefix are cleared.</summary>
    public static bool TryNetwork(string text, bool single, out IPNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/');
        if (!TryAddress(slash < 0 ? text : text.AsSpan(0, slash), out var address) || (slash < 0 && !single))
        {
            return false;
        }

        var bytes = address.GetAddressBytes();
        var length = bytes.Length * 8;
        if (slash >= 0)
        {
            // The prefix of ::ffff:10.0.0.0/104 counts from the beginning of the IPv6 address.
            var before = text.Contains(':') ? 128 - length : 0;
            if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length)
                || length < before || (length -= before) > bytes.Length * 8)
            {
                return false;
            }
        }

        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        network = new(new IPAddress(bytes), length);
        return true;
    }

    /// <summary>Splits host:port, [v6]:port or :port. Returns false when there is no port.</summary>
    public static bool TrySplit(string text, out string host, out string port)
    {
        host = port = "";
        var colon = text.LastIndexOf(':');
        if (colon < 0)
        {
            return false;
        }

        host = text[..colon];
        port = text[(colon + 1)..];
        if (!host.StartsWith('['))
        {
            return !host.Contains(':') && !host.Contains(']');
        }

        if (!host.EndsWith(']') || host.Length < 3)
        {
            return false;
        }

        host = host[1..^1];
        return true;
    }

    public static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= 65535;
}

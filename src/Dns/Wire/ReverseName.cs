using System.Globalization;

namespace NodeDns.Dns.Wire;

/// <summary>Finds the address that a reverse name belongs to (RFC 1035 section 3.5, RFC 3596 section 2.5).</summary>
public static class ReverseName
{
    public const int MaxAddressLength = 16;

    private static readonly byte[] s_v4 = DnsName.ParseLower("in-addr.arpa.");
    private static readonly byte[] s_v6 = DnsName.ParseLower("ip6.arpa.");
    private static readonly byte[] s_mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF];

    /// <summary>Writes the octets of an address. The name of ::ffff:10.0.0.1 stands for 10.0.0.1.</summary>
    /// <param name="name">Lower-case wire form.</param>
    /// <returns>4 or 16; 0 when the name does not stand for one complete address.</returns>
    public static int ReadAddress(ReadOnlySpan<byte> name, Span<byte> address)
    {
        if (DnsName.IsWithin(name, s_v4) && DnsName.LabelCount(name) == 6)
        {
            return ReadV4(name, address) ? 4 : 0;
        }

        if (!DnsName.IsWithin(name, s_v6) || DnsName.LabelCount(name) != 34 || !ReadV6(name, address))
        {
            return 0;
        }

        if (!address.StartsWith(s_mapped))
        {
            return 16;
        }

        address[s_mapped.Length..16].CopyTo(address);
        return 4;
    }

    private static bool ReadV4(ReadOnlySpan<byte> name, Span<byte> address)
    {
        var at = 0;
        for (var i = 3; i >= 0; i--, at += name[at] + 1)
        {
            var label = name.Slice(at + 1, name[at]);
            // As in an address, 01 is no number.
            if ((label.Length > 1 && label[0] == '0')
                || !byte.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out address[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool ReadV6(ReadOnlySpan<byte> name, Span<byte> address)
    {
        address[..16].Clear();
        var at = 0;
        for (var i = 31; i >= 0; i--, at += 2)
        {
            if (name[at] != 1 || !char.IsAsciiHexDigit((char)name[at + 1]))
            {
                return false;
            }

            var digit = name[at + 1] <= '9' ? name[at + 1] - '0' : name[at + 1] - 'a' + 10;
            address[i / 2] |= (byte)(i % 2 == 0 ? digit << 4 : digit);
        }

        return true;
    }
}

using System.Net;

namespace NodeDns.Dns.Wire;

/// <summary>Finds the address that a reverse name belongs to (RFC 1035 section 3.5, RFC 3596 section 2.5).</summary>
public static class ReverseName
{
    private static readonly byte[] s_v4 = DnsName.ParseLower("in-addr.arpa.");
    private static readonly byte[] s_v6 = DnsName.ParseLower("ip6.arpa.");

    /// <param name="name">Lower-case wire form.</param>
    /// <returns>null when the name does not stand for one complete address.</returns>
    public static IPAddress? AddressOf(ReadOnlySpan<byte> name)
    {
        if (DnsName.IsWithin(name, s_v4) && DnsName.LabelCount(name) == 6)
        {
            Span<byte> address = stackalloc byte[4];
            var at = 0;
            for (var i = 3; i >= 0; i--, at += name[at] + 1)
            {
                if (!byte.TryParse(name.Slice(at + 1, name[at]), out address[i]))
                {
                    return null;
                }
            }
            return new IPAddress(address);
        }
        if (DnsName.IsWithin(name, s_v6) && DnsName.LabelCount(name) == 34)
        {
            Span<byte> address = stackalloc byte[16];
            var at = 0;
            for (var i = 31; i >= 0; i--, at += 2)
            {
                if (name[at] != 1 || !char.IsAsciiHexDigit((char)name[at + 1]))
                {
                    return null;
                }

                var digit = name[at + 1] <= '9' ? name[at + 1] - '0' : name[at + 1] - 'a' + 10;
                address[i / 2] |= (byte)(i % 2 == 0 ? digit << 4 : digit);
            }
            return new IPAddress(address);
        }
        return null;
    }
}

using System.Globalization;
using System.Text;

namespace NodeDns.Dns.Records;

/// <summary>Character strings as zone files write them.</summary>
internal static class EscapedText
{
    /// <summary>With its escapes undone: <c>\DDD</c> is an octet by its number, any other <c>\X</c> is X (RFC 1035 section
    /// 5.1).</summary>
    public static byte[] Unescaped(string text)
    {
        var octets = Encoding.UTF8.GetBytes(text);
        var length = 0;
        for (var i = 0; i < octets.Length; i++)
        {
            var octet = octets[i];
            if (octet == '\\' && i + 3 < octets.Length && byte.TryParse(
                octets.AsSpan(i + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                octet = number;
                i += 3;
            }
            else if (octet == '\\' && i + 1 < octets.Length)
            {
                octet = octets[++i];
            }

            octets[length++] = octet;
        }
        return octets[..length];
    }
}

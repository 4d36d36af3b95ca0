using System.Globalization;
using System.Text;

namespace NodeDns.Dns.Records;

/// <summary>Character strings in the notation of zone files.</summary>
internal static class EscapedText
{
    /// <summary>Replaces the escapes: <c>\DDD</c> is the octet with that number, and any other <c>\X</c> is X (RFC 1035
    /// section 5.1).</summary>
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

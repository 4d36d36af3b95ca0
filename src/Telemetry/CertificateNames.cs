using System.Net;
using System.Text;

namespace NodeDns.Telemetry;

/// <summary>Reads a certificate's subjectAltName extension.</summary>
/// <remarks>DER (RFC 5280 section 4.2.1.6): SEQUENCE OF one octet of tag, the length, and a name; the length is one octet, or
/// 0x81 or 0x82 and as many octets more.</remarks>
internal static class CertificateNames
{
    private const byte Sequence = 0x30;
    private const byte Email = 0x81;
    private const byte Dns = 0x82;
    private const byte Uri = 0x86;
    private const byte Ip = 0x87;

    /// <returns>Host names, mail addresses, URIs and IP addresses as text, up to what cannot be read.</returns>
    public static IReadOnlyList<string> Read(ReadOnlySpan<byte> der)
    {
        var names = new List<string>();
        if (!TryTake(ref der, out var tag, out var rest) || tag != Sequence)
        {
            return names;
        }

        while (TryTake(ref rest, out tag, out var name))
        {
            if (tag is Email or Dns or Uri)
            {
                names.Add(Encoding.Latin1.GetString(name));
            }
            else if (tag == Ip && name.Length is 4 or 16)
            {
                names.Add(new IPAddress(name).ToString());
            }
        }
        return names;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> der, out byte tag, out ReadOnlySpan<byte> content)
    {
        tag = 0;
        content = default;
        if (der.Length < 2)
        {
            return false;
        }

        tag = der[0];
        int length = der[1], start = 2;
        if (length > 0x80)
        {
            start += length - 0x80;
            if (start > 4 || der.Length < start)
            {
                return false;
            }

            length = 0;
            foreach (var octet in der[2..start])
            {
                length = length << 8 | octet;
            }
        }
        if (der.Length - start < length)
        {
            return false;
        }

        content = der.Slice(start, length);
        der = der[(start + length)..];
        return true;
    }
}

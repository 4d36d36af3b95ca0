using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeDns.Cache.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>A record in zone-file form (RFC 1035 section 5.1), as template writes them.</summary>
/// <param name="Owner">Wire form, uncompressed.</param>
/// <param name="Rdata">Wire form, names uncompressed.</param>
public sealed record RecordText(byte[] Owner, Qtype Type, Qclass Class, uint TtlSeconds, byte[] Rdata)
{
    /// <summary>What a line without a TTL gets, as in CoreDNS's library.</summary>
    public const uint TtlSecondsDefault = 3600;

    /// <summary>Reads <c>owner [ttl] [class] type data…</c>; ttl and class in either order.</summary>
    /// <returns>null when the line is no such record; <paramref name="problem"/> says why.</returns>
    public static RecordText? Parse(string line, out string problem)
    {
        List<string> fields = Fields(line);
        problem = "expected: owner [ttl] [class] type data";
        if (fields.Count < 3)
            return null;
        if (DnsName.Parse(fields[0]) is not { } owner)
        {
            problem = $"{fields[0]} is no domain name";
            return null;
        }
        uint ttl = TtlSecondsDefault;
        Qclass @class = Qclass.IN;
        int at = 1;
        for (; at < fields.Count - 1; at++)
        {
            if (TryTtl(fields[at], out uint seconds))
                ttl = seconds;
            else if (Enum.TryParse(fields[at], ignoreCase: true, out Qclass named) && named != Qclass.Any)
                @class = named;
            else
                break;
        }
        if (!TryParseType(fields[at], out Qtype type))
        {
            problem = $"{fields[at]} is no record type";
            return null;
        }
        try
        {
            if (ParseData(type, fields[(at + 1)..]) is { Length: <= ushort.MaxValue } rdata)
                return new RecordText(owner, type, @class, ttl, rdata);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            // Said below.
        }
        problem = $"this is no data of a {type} record: {string.Join(' ', fields.Skip(at + 1))}";
        return null;
    }

    /// <summary>A mnemonic, or TYPE and a number (RFC 3597 section 5).</summary>
    public static bool TryParseType(string text, out Qtype type)
    {
        if (text.StartsWith("TYPE", StringComparison.OrdinalIgnoreCase)
            && ushort.TryParse(text.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out ushort number))
        {
            type = (Qtype)number;
            return true;
        }
        return Enum.TryParse(text, ignoreCase: true, out type) && char.IsAsciiLetter(text[0]);
    }

    private static byte[]? ParseData(Qtype type, List<string> data)
    {
        if (data is ["\\#", var length, ..])
        {
            byte[] octets = Convert.FromHexString(string.Concat(data.Skip(2)));
            return octets.Length == ushort.Parse(length, CultureInfo.InvariantCulture) ? octets : null;
        }
        switch (type)
        {
            case Qtype.A:
                return Address(data, AddressFamily.InterNetwork);
            case Qtype.AAAA:
                return Address(data, AddressFamily.InterNetworkV6);
            case Qtype.NS or Qtype.CNAME or Qtype.PTR or Qtype.DNAME:
                return data.Count == 1 ? Name(data[0]) : null;
            case Qtype.MX or Qtype.AFSDB or Qtype.KX or Qtype.RT:
                return data.Count == 2 ? [.. U16(data[0]), .. Name(data[1])] : null;
            case Qtype.SRV:
                return data.Count == 4 ? [.. U16(data[0]), .. U16(data[1]), .. U16(data[2]), .. Name(data[3])] : null;
            case Qtype.SOA:
                return data.Count == 7
                    ? [.. Name(data[0]), .. Name(data[1]), .. data.Skip(2).SelectMany(U32)]
                    : null;
            case Qtype.TXT or Qtype.SPF:
                return data.Count > 0 ? [.. data.SelectMany(CharacterString)] : null;
            case Qtype.HINFO:
                return data.Count == 2 ? [.. data.SelectMany(CharacterString)] : null;
            case Qtype.CAA:
                return data.Count == 3
                    ? [byte.Parse(data[0], CultureInfo.InvariantCulture), .. CharacterString(data[1]), .. Text(data[2])]
                    : null;
            case Qtype.NAPTR:
                return data.Count == 6
                    ?
                    [
                        .. U16(data[0]), .. U16(data[1]), .. data.Skip(2).Take(3).SelectMany(CharacterString),
                        .. Name(data[5]),
                    ]
                    : null;
            case Qtype.URI:
                return data.Count == 3 ? [.. U16(data[0]), .. U16(data[1]), .. Text(data[2])] : null;
            case Qtype.DS:
                return data.Count > 3 ? [.. U16(data[0]), .. U8(data[1]), .. U8(data[2]), .. Hex(data, 3)] : null;
            case Qtype.TLSA:
                return data.Count > 3 ? [.. U8(data[0]), .. U8(data[1]), .. U8(data[2]), .. Hex(data, 3)] : null;
            case Qtype.SSHFP:
                return data.Count > 2 ? [.. U8(data[0]), .. U8(data[1]), .. Hex(data, 2)] : null;
            default:
                return null;
        }
    }

    private static byte[]? Address(List<string> data, AddressFamily family) =>
        data.Count == 1 && IPAddress.TryParse(data[0], out IPAddress? address) && address.AddressFamily == family
            ? address.GetAddressBytes()
            : null;

    private static byte[] Name(string text) => DnsName.Parse(text) ?? throw new FormatException();

    private static byte[] Hex(List<string> data, int from) => Convert.FromHexString(string.Concat(data.Skip(from)));

    private static byte[] U8(string text) => [byte.Parse(text, CultureInfo.InvariantCulture)];

    private static byte[] U16(string text)
    {
        byte[] octets = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(octets, ushort.Parse(text, CultureInfo.InvariantCulture));
        return octets;
    }

    private static byte[] U32(string text)
    {
        byte[] octets = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, TryTtl(text, out uint number) ? number : throw new FormatException());
        return octets;
    }

    private static byte[] CharacterString(string text)
    {
        byte[] octets = Text(text);
        return octets.Length <= 255 ? [(byte)octets.Length, .. octets] : throw new FormatException();
    }

    /// <summary>With its escapes undone: <c>\DDD</c> is an octet by its number, any other <c>\X</c> is X (RFC 1035 section
    /// 5.1).</summary>
    private static byte[] Text(string text)
    {
        byte[] octets = Encoding.UTF8.GetBytes(text);
        int length = 0;
        for (int i = 0; i < octets.Length; i++)
        {
            byte octet = octets[i];
            if (octet == '\\' && i + 3 < octets.Length && byte.TryParse(
                octets.AsSpan(i + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out byte number))
            {
                octet = number;
                i += 3;
            }
            else if (octet == '\\' && i + 1 < octets.Length)
                octet = octets[++i];
            octets[length++] = octet;
        }
        return octets[..length];
    }

    /// <summary>Seconds, or numbers with the units w, d, h, m, s: 1h30m.</summary>
    private static bool TryTtl(string text, out uint seconds)
    {
        ulong sum = 0, number = 0;
        seconds = 0;
        if (text.Length == 0 || !char.IsAsciiDigit(text[0]))
            return false;
        foreach (char c in text)
        {
            ulong unit = char.ToLowerInvariant(c) switch
            {
                'w' => 604_800,
                'd' => 86_400,
                'h' => 3600,
                'm' => 60,
                's' => 1,
                _ => 0,
            };
            if (unit == 0 && !char.IsAsciiDigit(c) || number > uint.MaxValue)
                return false;
            sum += unit * number;
            number = unit == 0 ? 10 * number + (ulong)(c - '0') : 0;
        }
        seconds = (uint)(sum + number);
        return sum + number <= uint.MaxValue;
    }

    /// <summary>The words of a record: between blanks outside quotes, up to a comment or the line's end; within parentheses
    /// lines go on (RFC 1035 section 5.1). Quotes are taken off, escapes stay.</summary>
    private static List<string> Fields(string line)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        bool quoted = false, any = false;
        int open = 0;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '\\' && i + 1 < line.Length)
                field.Append(c).Append(line[++i]);
            else if (c == '"')
            {
                quoted = !quoted;
                any = true;
            }
            else if (quoted)
                field.Append(c);
            else if (c is '(' or ')')
                open += c == '(' ? 1 : -1;
            else if (c == ';' || char.IsWhiteSpace(c))
            {
                if (any || field.Length > 0)
                    fields.Add(field.ToString());
                field.Clear();
                any = false;
                if (c == ';')
                    i = line.IndexOf('\n', i) is >= 0 and var end ? end - 1 : line.Length;
                else if (c == '\n' && open == 0 && fields.Count > 0)
                    break;
            }
            else
                field.Append(c);
        }
        if (any || field.Length > 0)
            fields.Add(field.ToString());
        return quoted || open != 0 ? [] : fields;
    }
}

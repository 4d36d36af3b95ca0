using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using NodeDns.Dns.Wire;

namespace NodeDns.Dns.Records;

/// <summary>A word of a record in zone-file form.</summary>
/// <param name="Text">Without quotes, its escapes as written.</param>
/// <param name="Quoted">It stood in quotes.</param>
/// <param name="Spaced">White space stood before it.</param>
internal sealed record RecordWord(string Text, bool Quoted, bool Spaced);

/// <summary>Reads the words that are a record's data.</summary>
/// <remarks>What does not fit throws <see cref="FormatException"/>, <see cref="OverflowException"/>, or for a date that
/// there is not <see cref="ArgumentOutOfRangeException"/>.</remarks>
internal sealed class RdataText(List<RecordWord> words, int at)
{
    /// <summary>RFC 1876 section 2: altitudes and angles count from here.</summary>
    private const double AltitudeBaseCentimetres = 10_000_000;

    private const uint Equator = 1U << 31;

    /// <summary>RFC 4648 section 7.</summary>
    private const string Base32Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

    private readonly List<byte> _rdata = [];
    private int _at = at;

    /// <returns>Wire form, names uncompressed; null for a type that is not known by its fields.</returns>
    public byte[]? Read(Qtype type)
    {
        var layout = LayoutOf(type);
        if (Left > 1 && words[_at].Text == "\\#")
        {
            _at++;
            var length = (int)Number(ushort.MaxValue);
            Hex();
            return _rdata.Count == length && (layout is null || Fits(layout, [.. _rdata])) ? [.. _rdata] : null;
        }
        if (layout is null || Left == 0)
        {
            return null;
        }

        foreach (var field in layout)
        {
            Field(field);
        }

        return Left == 0 ? [.. _rdata] : null;
    }

    private int Left => words.Count - _at;

    /// <summary>A letter for each field, see <see cref="Field"/>.</summary>
    private static string? LayoutOf(Qtype type) => Mnemonics.TypeName((ushort)type) switch
    {
        "A" => "a",
        "AAAA" => "A",
        "NS" or "CNAME" or "DNAME" or "PTR" or "MB" or "MD" or "MF" or "MG" or "MR" or "NSAP-PTR" => "n",
        "MINFO" or "RP" or "TALINK" => "nn",
        "MX" or "AFSDB" or "KX" or "RT" or "LP" => "2n",
        "PX" => "2nn",
        "SRV" => "222n",
        "SOA" => "nn4dddd",
        "TXT" or "SPF" or "AVC" or "NINFO" or "RESINFO" => "S",
        "X25" or "UINFO" => "s",
        "GPOS" => "sss",
        "HINFO" or "ISDN" => "H",
        "LOC" => "L",
        "CAA" => "1so",
        "NAPTR" => "22sssn",
        "URI" => "22o",
        "SVCB" or "HTTPS" => "2nv",
        "TLSA" or "SMIMEA" => "111h",
        "SSHFP" => "11h",
        "CERT" => "c2gb",
        "OPENPGPKEY" or "DHCID" => "b",
        "DS" or "CDS" or "DLV" or "TA" => "2g1h",
        "DNSKEY" or "CDNSKEY" or "KEY" or "RKEY" => "21gb",
        "RRSIG" or "SIG" => "yg14TT2nb",
        "NSEC" => "nt",
        "NSEC3" => "112xBt",
        "NSEC3PARAM" => "112x",
        "CSYNC" => "42t",
        "ZONEMD" => "411h",
        "L32" => "2a",
        "L64" or "NID" => "2E",
        "EUI48" => "e",
        "EUI64" => "E",
        "UID" or "GID" => "4",
        "EID" or "NIMLOC" => "h",
        _ => null,
    };

    private void Field(char kind)
    {
        switch (kind)
        {
            case '1':
                _rdata.Add((byte)Number(byte.MaxValue));
                break;
            case '2':
                U16((ushort)Number(ushort.MaxValue));
                break;
            case '4':
                U32((uint)Number(uint.MaxValue));
                break;
            case 'd':
                U32(RecordText.TryTtl(Next(), out var seconds) ? seconds : throw new FormatException());
                break;
            case 'T':
                U32(Time(Next()));
                break;
            case 'a':
                Address(Next(), AddressFamily.InterNetwork);
                break;
            case 'A':
                Address(Next(), AddressFamily.InterNetworkV6);
                break;
            case 'n':
                _rdata.AddRange(Name(Next()));
                break;
            case 's':
                Octets(Unescaped(Next()));
                break;
            case 'S':
                while (Left > 0)
                {
                    CharacterStrings(Next());
                }

                break;
            case 'H':
                Host();
                break;
            case 'o':
                _rdata.AddRange(Unescaped(Next()));
                break;
            case 'h':
                Hex();
                break;
            case 'e' or 'E':
                var identifier = Convert.FromHexString(
                    Next().Replace("-", "", StringComparison.Ordinal).Replace(":", "", StringComparison.Ordinal));
                _rdata.AddRange(identifier.Length == (kind == 'e' ? 6 : 8) ? identifier : throw new FormatException());
                break;
            case 'b':
                _rdata.AddRange(Convert.FromBase64String(Rest()));
                break;
            case 'x':
                var salt = Next();
                Octets(salt == "-" ? [] : Convert.FromHexString(salt));
                break;
            case 'B':
                Octets(Base32(Next()));
                break;
            case 't':
                TypeBitmap();
                break;
            case 'y':
                U16((ushort)Type(Next()));
                break;
            case 'g':
                _rdata.Add(Algorithm(Next()) is { } algorithm ? algorithm : (byte)Again(byte.MaxValue));
                break;
            case 'c':
                U16(Certificate(Next()) is { } certificate ? certificate : (ushort)Again(ushort.MaxValue));
                break;
            case 'v':
                _rdata.AddRange(SvcParams.Read(words[_at..]));
                _at = words.Count;
                break;
            case 'L':
                Location();
                break;
        }
    }

    /// <summary>Whether octets given as such (RFC 3597 section 5) are what a type of this layout has.</summary>
    private static bool Fits(string layout, ReadOnlySpan<byte> rdata)
    {
        Span<byte> name = stackalloc byte[DnsName.MaxLength];
        var at = 0;
        foreach (var field in layout)
        {
            // No pointer: there is no message yet for it to point into.
            if (field == 'n' && DnsName.Read(rdata, at, name, out var end) is > 0 and var read && read == end - at)
            {
                at = end;
                continue;
            }
            var length = field switch
            {
                '1' or 'g' => 1,
                '2' or 'c' or 'y' => 2,
                '4' or 'd' or 'T' or 'a' => 4,
                'e' => 6,
                'E' => 8,
                'A' or 'L' => 16,
                's' or 'x' or 'B' when at < rdata.Length => 1 + rdata[at],
                'S' or 'H' or 'o' or 'h' or 'b' or 't' or 'v' => Math.Max(rdata.Length - at, 0),
                _ => rdata.Length + 1,
            };
            at += length;
        }
        return at == rdata.Length;
    }

    private string Next() => Left > 0 ? words[_at++].Text : throw new FormatException();

    /// <summary>What is left, its white space taken out.</summary>
    private string Rest()
    {
        var rest = string.Concat(words.Skip(_at).Select(word => word.Text));
        _at = words.Count;
        return rest;
    }

    private ulong Number(uint maximum) => Number(Next(), maximum);

    /// <summary>The word before, which was no mnemonic, as a number.</summary>
    private ulong Again(uint maximum) => Number(words[_at - 1].Text, maximum);

    internal static ulong Number(string text, uint maximum) =>
        ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) is var number && number <= maximum
            ? number
            : throw new OverflowException();

    private void U16(ushort number) => _rdata.AddRange([(byte)(number >> 8), (byte)number]);

    private void U32(uint number)
    {
        Span<byte> octets = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, number);
        _rdata.AddRange(octets);
    }

    private void Octets(ReadOnlySpan<byte> octets)
    {
        _rdata.Add(checked((byte)octets.Length));
        _rdata.AddRange(octets);
    }

    private void Hex() => _rdata.AddRange(Convert.FromHexString(Rest()));

    private void Address(string text, AddressFamily family) => _rdata.AddRange(
        AddressText.TryAddress(text, out var address) && address.AddressFamily == family
            ? address.GetAddressBytes()
            : throw new FormatException());

    internal static byte[] Name(string text) =>
        (text == "" ? null : DnsName.Parse(text == "@" ? "." : text)) ?? throw new FormatException();

    /// <summary>One character string, or several for a text of more than 255 octets.</summary>
    private void CharacterStrings(string text)
    {
        ReadOnlySpan<byte> left = Unescaped(text);
        for (; left.Length > byte.MaxValue; left = left[byte.MaxValue..])
        {
            Octets(left[..byte.MaxValue]);
        }

        Octets(left);
    }

    /// <summary>HINFO: two character strings, which may stand in one, or the second in several.</summary>
    private void Host()
    {
        string[] texts = [.. words.Skip(_at).Select(word => word.Text)];
        _at = words.Count;
        if (texts is [var both])
        {
            texts = both.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }

        Octets(Unescaped(texts.FirstOrDefault() ?? ""));
        Octets(Unescaped(string.Join(' ', texts.Skip(1))));
    }

    /// <summary>With its escapes undone: <c>\DDD</c> is an octet by its number, any other <c>\X</c> is X (RFC 1035 section
    /// 5.1).</summary>
    internal static byte[] Unescaped(string text)
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

    /// <summary>RFC 4034 section 3.2: YYYYMMDDHHmmSS, or seconds since 1970; either counts modulo 2^32.</summary>
    private static uint Time(string text)
    {
        if (text.Length != 14)
        {
            return (uint)Number(text, uint.MaxValue);
        }

        int Part(int at, int length) => (int)Number(text.Substring(at, length), 9999);
        long days = new DateOnly(Part(0, 4), Part(4, 2), Part(6, 2)).DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;
        return (uint)(((days * 24 + Part(8, 2)) * 60 + Part(10, 2)) * 60 + Part(12, 2));
    }

    /// <summary>RFC 4648 section 7, as NSEC3 writes hashes: without padding.</summary>
    private static byte[] Base32(string text)
    {
        var octets = new byte[text.Length * 5 / 8];
        for (var i = 0; i < text.Length; i++)
        {
            var digit = Base32Digits.IndexOf(char.ToUpperInvariant(text[i]), StringComparison.Ordinal);
            if (digit < 0)
            {
                throw new FormatException();
            }

            for (var bit = 0; bit < 5; bit++)
            {
                var place = i * 5 + bit;
                if ((digit & (16 >> bit)) != 0 && place / 8 < octets.Length)
                {
                    octets[place / 8] |= (byte)(0x80 >> (place % 8));
                }
            }
        }
        return octets;
    }

    /// <summary>RFC 4034 section 4.1.2: for each 256 types their number, and as many octets of bits as they need.</summary>
    private void TypeBitmap()
    {
        const int WindowOctets = 32;
        var bits = new byte[(ushort.MaxValue + 1) / 8];
        while (Left > 0)
        {
            var type = (int)Type(Next());
            bits[type / 8] |= (byte)(0x80 >> (type % 8));
        }
        for (var window = 0; window < bits.Length / WindowOctets; window++)
        {
            ReadOnlySpan<byte> types = bits.AsSpan(window * WindowOctets, WindowOctets).TrimEnd((byte)0);
            if (types.Length == 0)
            {
                continue;
            }

            _rdata.Add((byte)window);
            Octets(types);
        }
    }

    private static Qtype Type(string text) => RecordText.TryParseType(text, out var type) ? type : throw new FormatException();

    /// <summary>IANA's DNS security algorithm numbers, for who writes them by name.</summary>
    private static byte? Algorithm(string text) => text.ToUpperInvariant() switch
    {
        "RSAMD5" => 1,
        "DH" => 2,
        "DSA" => 3,
        "RSASHA1" => 5,
        "DSA-NSEC3-SHA1" => 6,
        "RSASHA1-NSEC3-SHA1" => 7,
        "RSASHA256" => 8,
        "RSASHA512" => 10,
        "ECC-GOST" => 12,
        "ECDSAP256SHA256" => 13,
        "ECDSAP384SHA384" => 14,
        "ED25519" => 15,
        "ED448" => 16,
        "INDIRECT" => 252,
        "PRIVATEDNS" => 253,
        "PRIVATEOID" => 254,
        _ => null,
    };

    /// <summary>RFC 4398 section 2.1.</summary>
    private static ushort? Certificate(string text) => text switch
    {
        "PKIX" => 1,
        "SPKI" => 2,
        "PGP" => 3,
        "IPKIX" or "IPIX" => 4,
        "ISPKI" => 5,
        "IPGP" => 6,
        "ACPKIX" => 7,
        "IACPKIX" => 8,
        "URI" => 253,
        "OID" => 254,
        _ => null,
    };

    /// <summary>RFC 1876 section 3: latitude, longitude, altitude, and maybe size and precisions.</summary>
    private void Location()
    {
        uint latitude = Angle(90, "N", "S"), longitude = Angle(180, "E", "W");
        var metres = Decimal(Next().TrimEnd('m', 'M'), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign);
        _rdata.AddRange([0, Size(0x12), Size(0x16), Size(0x13)]);
        U32(latitude);
        U32(longitude);
        U32((uint)(metres * 100 + AltitudeBaseCentimetres + 0.5));
    }

    /// <summary>In thousandths of a second of arc.</summary>
    private uint Angle(uint maximum, string positive, string negative)
    {
        var angle = 3_600_000 * (uint)Number(maximum);
        var word = Next();
        if (!IsDirection(word))
        {
            angle += 60_000 * (uint)Number(word, 59);
            word = Next();
        }
        if (!IsDirection(word))
        {
            var seconds = Decimal(word, NumberStyles.AllowDecimalPoint);
            angle += seconds < 60 ? (uint)(1000 * seconds) : throw new FormatException();
            word = Next();
        }
        if (!IsDirection(word) || angle > 3_600_000 * maximum)
        {
            throw new FormatException();
        }

        return word.Equals(positive, StringComparison.OrdinalIgnoreCase) ? Equator + angle : Equator - angle;

        bool IsDirection(string text) => text.Equals(positive, StringComparison.OrdinalIgnoreCase)
            || text.Equals(negative, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Metres, in centimetres as a digit (high four bits) times a power of ten (low four).</summary>
    private byte Size(byte fallback)
    {
        if (Left == 0)
        {
            return fallback;
        }

        var metres = Decimal(Next().TrimEnd('m', 'M'), NumberStyles.AllowDecimalPoint);
        if (metres > 90_000_000)
        {
            throw new OverflowException();
        }

        var value = (ulong)Math.Round(metres * 100);
        var power = 0;
        for (; value >= 10; value /= 10)
        {
            power++;
        }

        return (byte)(value << 4 | (uint)power);
    }

    private static double Decimal(string text, NumberStyles styles) => double.Parse(text, styles, CultureInfo.InvariantCulture);
}

using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using NodeDns.Addresses;
using NodeDns.Dns.Wire;

namespace NodeDns.Dns.Records;

/// <summary>One word of a zone-file line.</summary>
/// <param name="Text">The text without quotes; escapes are not replaced yet.</param>
/// <param name="Quoted">The word was quoted.</param>
/// <param name="Spaced">There was white space before the word.</param>
internal sealed record RecordWord(string Text, bool Quoted, bool Spaced);

/// <summary>Parses the data of a record from its words.</summary>
/// <remarks>Invalid data throws <see cref="FormatException"/>, <see cref="OverflowException"/>, or
/// <see cref="ArgumentOutOfRangeException"/> for a date that does not exist.</remarks>
internal sealed class RdataText(List<RecordWord> words, int at)
{
    private readonly List<byte> _rdata = [];
    private int _at = at;

    /// <returns>The data in wire form with uncompressed names; null for a type whose fields are not known.</returns>
    public byte[]? Read(Qtype type)
    {
        var layout = RdataLayout.Of(type);
        if (Left > 1 && words[_at].Text == "\\#")
        {
            _at++;
            var length = (int)Number(ushort.MaxValue);
            Hex();
            return _rdata.Count == length && (layout is null || RdataLayout.Fits(layout, [.. _rdata])) ? [.. _rdata] : null;
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
                Octets(EscapedText.Unescaped(Next()));
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
                _rdata.AddRange(EscapedText.Unescaped(Next()));
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
                Octets(Base32.Decode(Next()));
                break;
            case 't':
                TypeBitmap();
                break;
            case 'y':
                U16((ushort)Type(Next()));
                break;
            case 'g':
                _rdata.Add(NumberNames.Algorithm(Next()) is { } algorithm ? algorithm : (byte)Again(byte.MaxValue));
                break;
            case 'c':
                U16(NumberNames.Certificate(Next()) is { } certificate ? certificate : (ushort)Again(ushort.MaxValue));
                break;
            case 'v':
                _rdata.AddRange(SvcParams.Read(words[_at..]));
                _at = words.Count;
                break;
            case 'L':
                _rdata.AddRange(LocationText.Read(words.Skip(_at).Select(word => word.Text)));
                _at = words.Count;
                break;
        }
    }

    private string Next() => Left > 0 ? words[_at++].Text : throw new FormatException();

    /// <summary>The remaining words, joined without white space.</summary>
    private string Rest()
    {
        var rest = string.Concat(words.Skip(_at).Select(word => word.Text));
        _at = words.Count;
        return rest;
    }

    private ulong Number(uint maximum) => Number(Next(), maximum);

    /// <summary>The previous word, which was not a mnemonic, as a number.</summary>
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
        AddressText.TryAsWritten(text, out var address) && address.AddressFamily == family
            ? address.GetAddressBytes()
            : throw new FormatException());

    internal static byte[] Name(string text) =>
        (text == "" ? null : DnsName.Parse(text == "@" ? "." : text)) ?? throw new FormatException();

    /// <summary>Writes a text as one character string, or as several if it has more than 255 octets.</summary>
    private void CharacterStrings(string text)
    {
        ReadOnlySpan<byte> left = EscapedText.Unescaped(text);
        for (; left.Length > byte.MaxValue; left = left[byte.MaxValue..])
        {
            Octets(left[..byte.MaxValue]);
        }

        Octets(left);
    }

    /// <summary>HINFO: two character strings, which may be written as one word; the second may also be several
    /// words.</summary>
    private void Host()
    {
        string[] texts = [.. words.Skip(_at).Select(word => word.Text)];
        _at = words.Count;
        if (texts is [var both])
        {
            texts = both.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }

        Octets(EscapedText.Unescaped(texts.FirstOrDefault() ?? ""));
        Octets(EscapedText.Unescaped(string.Join(' ', texts.Skip(1))));
    }

    /// <summary>Parses a time (RFC 4034 section 3.2): YYYYMMDDHHmmSS, or seconds since 1970. Both count modulo
    /// 2^32.</summary>
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

    /// <summary>Writes a type bitmap (RFC 4034 section 4.1.2): for each window of 256 types its number, and as many
    /// octets of bits as needed.</summary>
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
}

using System.Buffers.Binary;
using System.Globalization;

namespace NodeDns.Dns.Records;

/// <summary>Parses the data of a LOC record (RFC 1876 section 3): latitude, longitude, altitude, and optionally size
/// and precisions.</summary>
internal sealed class LocationText
{
    /// <summary>The zero points of altitudes and angles (RFC 1876 section 2).</summary>
    private const double AltitudeBaseCentimetres = 10_000_000;

    private const uint Equator = 1U << 31;

    private readonly string[] _words;
    private int _at;

    private LocationText(string[] words) => _words = words;

    /// <returns>The data in wire form.</returns>
    /// <exception cref="FormatException">The text is not a location.</exception>
    public static byte[] Read(IEnumerable<string> words) => new LocationText([.. words]).Read();

    private byte[] Read()
    {
        uint latitude = Angle(90, "N", "S"), longitude = Angle(180, "E", "W");
        var metres = Decimal(Next().TrimEnd('m', 'M'), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign);
        var rdata = new byte[16];
        (rdata[1], rdata[2], rdata[3]) = (Size(0x12), Size(0x16), Size(0x13));
        BinaryPrimitives.WriteUInt32BigEndian(rdata.AsSpan(4), latitude);
        BinaryPrimitives.WriteUInt32BigEndian(rdata.AsSpan(8), longitude);
        BinaryPrimitives.WriteUInt32BigEndian(rdata.AsSpan(12), (uint)(metres * 100 + AltitudeBaseCentimetres + 0.5));
        return _at == _words.Length ? rdata : throw new FormatException();
    }

    /// <summary>Parses an angle; the result is in thousandths of a second of arc.</summary>
    private uint Angle(uint maximum, string positive, string negative)
    {
        var angle = 3_600_000 * (uint)RdataText.Number(Next(), maximum);
        var word = Next();
        if (!IsDirection(word))
        {
            angle += 60_000 * (uint)RdataText.Number(word, 59);
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

    /// <summary>Parses a length in metres. The result is in centimetres: a digit (high four bits) times a power of ten
    /// (low four bits).</summary>
    private byte Size(byte fallback)
    {
        if (_at == _words.Length)
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

    private string Next() => _at < _words.Length ? _words[_at++] : throw new FormatException();

    private static double Decimal(string text, NumberStyles styles) => double.Parse(text, styles, CultureInfo.InvariantCulture);
}

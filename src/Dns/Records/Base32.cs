namespace NodeDns.Dns.Records;

/// <summary>Base32 with the alphabet of RFC 4648 section 7, without padding, as NSEC3 writes hashes.</summary>
internal static class Base32
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

    /// <exception cref="FormatException">A character is not a base32 digit.</exception>
    public static byte[] Decode(string text)
    {
        var octets = new byte[text.Length * 5 / 8];
        for (var i = 0; i < text.Length; i++)
        {
            var digit = Digits.IndexOf(char.ToUpperInvariant(text[i]), StringComparison.Ordinal);
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
}

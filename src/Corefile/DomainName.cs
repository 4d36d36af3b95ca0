using System.Text;

namespace NodeDns.Corefile;

/// <summary>Domain names as text: lower case, with the final dot.</summary>
internal static class DomainName
{
    /// <summary>The limit in octets on the wire (RFC 1035 section 2.3.4).</summary>
    private const int LengthMaximum = 255;
    private const int LabelMaximum = 63;

    /// <summary>Converts a name to lower case and appends the final dot. Returns false for a name that is not valid in
    /// DNS.</summary>
    /// <remarks>A label may contain any ASCII character except control characters. \DDD and \X are escapes (RFC 1035
    /// section 5.1). Other scripts have to be written in punycode.</remarks>
    public static bool TryNormalize(string text, out string name)
    {
        name = text;
        if (text is ".")
        {
            return true;
        }

        if (text.Length == 0 || !Ascii.IsValid(text))
        {
            return false;
        }

        name = text.ToLowerInvariant();
        var octets = 0;
        var label = 0;
        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            if (c <= ' ' || c == '\x7F')
            {
                return false;
            }

            if (c == '.')
            {
                if (label == 0)
                {
                    return false;
                }

                octets += label + 1;
                label = 0;
                continue;
            }

            if (c == '\\')
            {
                if (i + 1 >= name.Length)
                {
                    return false;
                }

                i += EscapeLength(name.AsSpan(i + 1));
            }

            if (++label > LabelMaximum)
            {
                return false;
            }
        }

        if (label > 0)
        {
            octets += label + 1;
            name += ".";
        }

        return octets + 1 <= LengthMaximum;
    }

    /// <summary>True when the name is the zone or below it. Both are normalized.</summary>
    public static bool IsWithin(string name, string zone) =>
        zone == "." || name == zone
        || (name.Length > zone.Length && name.EndsWith(zone, StringComparison.Ordinal)
            && name[name.Length - zone.Length - 1] == '.');

    private static int EscapeLength(ReadOnlySpan<char> text) =>
        text.Length >= 3 && char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[1]) && char.IsAsciiDigit(text[2])
            ? 3
            : 1;
}

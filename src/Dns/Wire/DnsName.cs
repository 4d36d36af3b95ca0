using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NodeDns.Dns.Wire;

/// <summary>Domain names in wire form: labels with a length octet each, ended by a zero octet (RFC 1035 section
/// 3.1).</summary>
public static class DnsName
{
    /// <summary>The longest name in octets, including its final zero (RFC 1035 section 2.3.4).</summary>
    public const int MaxLength = 255;

    public const int MaxLabelLength = 63;

    /// <summary>The longest name as text, in characters: each octet may be written as \DDD.</summary>
    public const int MaxTextLength = 4 * MaxLength;

    /// <summary>The wire form of ".".</summary>
    public static ReadOnlySpan<byte> Root => [0];

    /// <summary>Skips the name at <paramref name="offset"/>. Follows its compression pointers to check that it is a
    /// valid name.</summary>
    /// <remarks>A pointer must point backwards, to something that ends before the pointer, so the method always
    /// terminates. The whole name must not be longer than <see cref="MaxLength"/> (RFC 1035 section 4.1.4).</remarks>
    /// <param name="places">Records the offsets of this message's names, and restricts pointers to them. null for a
    /// message that has been checked before.</param>
    /// <returns>false when there is no valid name; <paramref name="offset"/> is then unchanged.</returns>
    public static bool TrySkip(ReadOnlySpan<byte> message, ref int offset, NamePlaces? places = null)
    {
        int at = offset, end = -1, length = 1, bound = message.Length;
        while (true)
        {
            if ((uint)at >= (uint)bound)
            {
                return false;
            }

            if (end < 0)
            {
                places?.Add(at);
            }
            int octet = message[at];
            if (octet == 0)
            {
                offset = end < 0 ? at + 1 : end;
                return true;
            }
            if (octet <= MaxLabelLength)
            {
                length += octet + 1;
                if (length > MaxLength)
                {
                    return false;
                }

                at += octet + 1;
                continue;
            }
            if (octet < 0xC0 || at + 1 >= message.Length)
            {
                return false;
            }

            if (end < 0)
            {
                end = at + 2;
            }

            var target = (octet & 0x3F) << 8 | message[at + 1];
            if (target >= at || target < DnsHeader.Length || places?.IsTarget(target) == false)
            {
                return false;
            }

            bound = at;
            at = target;
        }
    }

    /// <summary>Copies the name at <paramref name="offset"/> without compression to <paramref name="name"/>, which must
    /// have room for <see cref="MaxLength"/> octets.</summary>
    /// <param name="end">The offset after the name in the message.</param>
    /// <returns>The length of the copy; 0 when there is no valid name.</returns>
    public static int Read(ReadOnlySpan<byte> message, int offset, Span<byte> name, out int end)
    {
        end = offset;
        if (!TrySkip(message, ref end))
        {
            return 0;
        }

        int at = offset, written = 0;
        while (true)
        {
            int octet = message[at];
            if (octet >= 0xC0)
            {
                at = (octet & 0x3F) << 8 | message[at + 1];
                continue;
            }
            message.Slice(at, octet + 1).CopyTo(name[written..]);
            written += octet + 1;
            at += octet + 1;
            if (octet == 0)
            {
                return written;
            }
        }
    }

    /// <summary>The length in octets of the uncompressed name at the start of <paramref name="octets"/>; 0 when there
    /// is none.</summary>
    public static int LengthOf(ReadOnlySpan<byte> octets)
    {
        var at = 0;
        while ((uint)at < (uint)octets.Length)
        {
            int label = octets[at];
            if (label == 0)
            {
                return at + 1;
            }

            if (label > MaxLabelLength)
            {
                return 0;
            }

            at += label + 1;
            if (at >= MaxLength)
            {
                return 0;
            }
        }
        return 0;
    }

    /// <summary>Copies <paramref name="name"/> with A-Z changed to a-z. Both spans have the same length.</summary>
    [SkipLocalsInit]
    public static void ToLower(ReadOnlySpan<byte> name, Span<byte> lower)
    {
        var at = 0;
        for (; at <= name.Length - Vector128<byte>.Count; at += Vector128<byte>.Count)
        {
            var octets = Vector128.Create(name.Slice(at, Vector128<byte>.Count));
            var isUpper = Vector128.LessThan(octets - Vector128.Create((byte)'A'), Vector128.Create((byte)26));
            (octets | (isUpper & Vector128.Create((byte)0x20))).CopyTo(lower[at..]);
        }
        for (; at < name.Length; at++)
        {
            lower[at] = ToLower(name[at]);
        }
    }

    public static byte ToLower(byte octet) => (uint)(octet - 'A') < 26 ? (byte)(octet | 0x20) : octet;

    /// <summary>Compares two uncompressed names as DNS does: A-Z equals a-z, and nothing else is folded (RFC
    /// 4343).</summary>
    public static bool EqualsIgnoreCase(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.Length != b.Length)
        {
            return false;
        }

        for (var i = 0; i < a.Length; i++)
        {
            if (a[i] != b[i] && ToLower(a[i]) != ToLower(b[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True when <paramref name="name"/> is <paramref name="zone"/> or below it. Both are uncompressed and
    /// lower-case.</summary>
    public static bool IsWithin(ReadOnlySpan<byte> name, ReadOnlySpan<byte> zone)
    {
        if (!name.EndsWith(zone))
        {
            return false;
        }

        int start = name.Length - zone.Length, at = 0;
        while (at < start)
        {
            at += name[at] + 1;
        }

        return at == start;
    }

    /// <summary>The number of labels, not counting the root.</summary>
    public static int LabelCount(ReadOnlySpan<byte> name)
    {
        var count = 0;
        for (var at = 0; name[at] != 0; at += name[at] + 1)
        {
            count++;
        }

        return count;
    }

    /// <summary>Parses a name in master-file text ("a.b", with or without the final dot; \. and \DDD are escapes: RFC
    /// 1035 section 5.1). The spelling is kept.</summary>
    /// <returns>null when the text is not a name.</returns>
    public static byte[]? Parse(string text)
    {
        if (text is "" or ".")
        {
            return [0];
        }

        Span<byte> wire = stackalloc byte[MaxLength + 1];
        int lengthAt = 0, at = 1;
        for (var i = 0; i < text.Length; i++)
        {
            if (at >= MaxLength)
            {
                return null;
            }

            var c = text[i];
            if (c == '.')
            {
                if (at == lengthAt + 1)
                {
                    return null;
                }

                wire[lengthAt] = (byte)(at - lengthAt - 1);
                lengthAt = at++;
                continue;
            }
            if (c == '\\' && !TryReadEscape(text, ref i, out c) || c > 255)
            {
                return null;
            }

            if (at - lengthAt > MaxLabelLength)
            {
                return null;
            }

            wire[at++] = (byte)c;
        }
        if (at > lengthAt + 1)
        {
            if (at >= MaxLength)
            {
                return null;
            }

            wire[lengthAt] = (byte)(at - lengthAt - 1);
            lengthAt = at;
        }
        wire[lengthAt] = 0;
        return wire[..(lengthAt + 1)].ToArray();
    }

    /// <summary>Parses a name and converts it to lower case.</summary>
    /// <exception cref="ArgumentException">The text is not a name.</exception>
    public static byte[] ParseLower(string text)
    {
        var wire = Parse(text) ?? throw new ArgumentException($"not a domain name: {text}", nameof(text));
        ToLower(wire, wire);
        return wire;
    }

    /// <summary>The text of an uncompressed name in master-file form, with the final dot.</summary>
    public static string ToText(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[MaxTextLength];
        return text[..WriteText(name, text)].ToString();
    }

    /// <summary>Writes the text of <see cref="ToText"/> into a span of at least <see cref="MaxTextLength"/>
    /// characters.</summary>
    /// <returns>The number of characters written.</returns>
    public static int WriteText(ReadOnlySpan<byte> name, Span<char> text)
    {
        if (name.Length <= 1)
        {
            text[0] = '.';
            return 1;
        }

        var written = 0;
        for (var at = 0; at < name.Length && name[at] != 0; at += name[at] + 1)
        {
            foreach (var octet in name.Slice(at + 1, name[at]))
            {
                if (octet is (byte)'.' or (byte)'\\' or (byte)'"' or (byte)'(' or (byte)')' or (byte)';' or (byte)'@'
                    or (byte)'$')
                {
                    text[written++] = '\\';
                    text[written++] = (char)octet;
                }
                else if (octet is > 0x20 and < 0x7F)
                {
                    text[written++] = (char)octet;
                }
                else
                {
                    text[written++] = '\\';
                    text[written++] = (char)('0' + octet / 100);
                    text[written++] = (char)('0' + octet / 10 % 10);
                    text[written++] = (char)('0' + octet % 10);
                }
            }
            text[written++] = '.';
        }
        return written;
    }

    private static bool TryReadEscape(string text, ref int i, out char c)
    {
        c = '\0';
        if (i + 1 >= text.Length)
        {
            return false;
        }

        if (!char.IsAsciiDigit(text[i + 1]))
        {
            c = text[++i];
            return true;
        }
        if (i + 3 >= text.Length || !char.IsAsciiDigit(text[i + 2]) || !char.IsAsciiDigit(text[i + 3]))
        {
            return false;
        }

        c = (char)((text[i + 1] - '0') * 100 + (text[i + 2] - '0') * 10 + (text[i + 3] - '0'));
        i += 3;
        return true;
    }
}

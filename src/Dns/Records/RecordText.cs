using System.Globalization;
using System.Text;
using NodeDns.Dns.Wire;

namespace NodeDns.Dns.Records;

/// <summary>A record that was written as a zone-file line (RFC 1035 section 5.1), as in template.</summary>
/// <param name="Owner">Wire form, uncompressed.</param>
/// <param name="Rdata">Wire form, names uncompressed.</param>
public sealed record RecordText(byte[] Owner, Qtype Type, Qclass Class, uint TtlSeconds, byte[] Rdata)
{
    /// <summary>The TTL of a line that has none, as in CoreDNS's library.</summary>
    public const uint TtlSecondsDefault = 3600;

    /// <summary>Parses <c>owner [ttl] [class] type data…</c>. TTL and class may be in either order.</summary>
    /// <returns>null when the line is not a record; <paramref name="problem"/> then says why.</returns>
    public static RecordText? Parse(string line, out string problem)
    {
        var words = Words(line);
        problem = "expected: owner [ttl] [class] type data";
        if (words.Count < 3)
        {
            return null;
        }

        if (words[0].Text == "" || DnsName.Parse(words[0].Text == "@" ? "." : words[0].Text) is not { } owner)
        {
            problem = $"{words[0].Text} is no domain name";
            return null;
        }
        var ttl = TtlSecondsDefault;
        var @class = (ushort)Qclass.IN;
        var at = 1;
        for (; at < words.Count - 1; at++)
        {
            if (TryTtl(words[at].Text, out var seconds))
            {
                ttl = seconds;
            }
            else if (Mnemonics.TryClass(words[at].Text, out var named) || TryNumbered("CLASS", words[at].Text, out named))
            {
                @class = named;
            }
            else
            {
                break;
            }
        }
        if (!TryParseType(words[at].Text, out var type))
        {
            problem = $"{words[at].Text} is no record type";
            return null;
        }
        try
        {
            if (new RdataText(words, at + 1).Read(type) is { Length: <= ushort.MaxValue } rdata)
            {
                return new RecordText(owner, type, (Qclass)@class, ttl, rdata);
            }
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentOutOfRangeException)
        {
            // Reported below.
        }
        problem = $"this is no data of a {Mnemonics.TypeName((ushort)type)} record: "
            + string.Join(' ', words[(at + 1)..].Select(word => word.Text));
        return null;
    }

    /// <summary>Parses a mnemonic, or TYPE and a number (RFC 3597 section 5).</summary>
    public static bool TryParseType(string text, out Qtype type)
    {
        var isType = Mnemonics.TryType(text, out var number) || TryNumbered("TYPE", text, out number);
        type = (Qtype)number;
        return isType;
    }

    private static bool TryNumbered(string kind, string text, out ushort number)
    {
        number = 0;
        return text.StartsWith(kind, StringComparison.OrdinalIgnoreCase)
            && ushort.TryParse(text.AsSpan(kind.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>Parses seconds, or numbers with the units w, d, h, m, s: 1h30m.</summary>
    internal static bool TryTtl(string text, out uint seconds)
    {
        ulong sum = 0, number = 0;
        seconds = 0;
        if (text.Length == 0 || !char.IsAsciiDigit(text[0]))
        {
            return false;
        }

        foreach (var c in text)
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
            {
                return false;
            }

            sum += unit * number;
            number = unit == 0 ? 10 * number + (ulong)(c - '0') : 0;
        }
        seconds = (uint)(sum + number);
        return sum + number <= uint.MaxValue;
    }

    /// <summary>Splits a record into words, which are separated by blanks and quotes, up to a comment or the end of the
    /// line. Within parentheses a record continues on the next line (RFC 1035 section 5.1).</summary>
    private static List<RecordWord> Words(string line)
    {
        var words = new List<RecordWord>();
        var word = new StringBuilder();
        bool quoted = false, spaced = true;
        var open = 0;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (c == '\\' && i + 1 < line.Length)
            {
                word.Append(c).Append(line[++i]);
            }
            else if (c == '"')
            {
                End();
                quoted = !quoted;
            }
            else if (quoted)
            {
                word.Append(c);
            }
            else if (c is '(' or ')')
            {
                open += c == '(' ? 1 : -1;
            }
            else if (c == ';' || char.IsWhiteSpace(c))
            {
                End();
                spaced = true;
                if (c == ';')
                {
                    i = line.IndexOf('\n', i) is >= 0 and var end ? end - 1 : line.Length;
                }
                else if (c == '\n' && open == 0 && words.Count > 0)
                {
                    break;
                }
            }
            else
            {
                word.Append(c);
            }
        }
        var isOpen = quoted || open != 0;
        End();
        return isOpen ? [] : words;

        void End()
        {
            if (!quoted && word.Length == 0)
            {
                return;
            }

            words.Add(new RecordWord(word.ToString(), quoted, spaced));
            word.Clear();
            spaced = false;
        }
    }
}

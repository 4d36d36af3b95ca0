using System.Collections.Immutable;
using System.Text;

namespace NodeDns.Corefile;

/// <summary>Splits a Corefile into words, as Caddy's lexer does.</summary>
/// <remarks>White space ends a word. A quote starts a quoted word only at the beginning of a word; in a quoted word, \"
/// is a quote and any other backslash is a normal character. # starts a comment, even in the middle of a word. A
/// carriage return outside quotes is ignored.</remarks>
internal static class Lexer
{
    private const char ByteOrderMark = '\uFEFF';

    /// <summary>No real file has as many. Limits the cost of a hostile one.</summary>
    public const int TokensMaximum = 200_000;

    public static ImmutableArray<Token> Read(string file, string text, ProblemList problems)
    {
        var tokens = ImmutableArray.CreateBuilder<Token>();
        var word = new StringBuilder();
        var line = 1;
        var start = 1;
        var comment = false;
        var at = text.StartsWith(ByteOrderMark) ? 1 : 0;
        for (; at < text.Length && tokens.Count < TokensMaximum; at++)
        {
            var c = text[at];
            if (char.IsWhiteSpace(c))
            {
                if (c == '\r')
                {
                    continue;
                }

                if (c == '\n' || word.Length > 0)
                {
                    comment = false;
                }

                Flush();
                if (c == '\n')
                {
                    line++;
                }
            }
            else if (comment || c == '#')
            {
                comment = true;
            }
            else if (c == '"' && word.Length == 0)
            {
                at = Quoted(at + 1);
            }
            else
            {
                if (word.Length == 0)
                {
                    start = line;
                }

                word.Append(c);
            }
        }

        Flush();
        if (tokens.Count >= TokensMaximum)
        {
            problems.Error(new(file, line), "syntax", file, $"expected fewer than {TokensMaximum} words");
        }

        return tokens.ToImmutable();

        void Flush()
        {
            if (word.Length == 0)
            {
                return;
            }

            tokens.Add(new(word.ToString(), new(file, start)));
            word.Clear();
        }

        int Quoted(int from)
        {
            start = line;
            for (var i = from; i < text.Length; i++)
            {
                var c = text[i];
                if (c == '"')
                {
                    tokens.Add(new(word.ToString(), new(file, start)));
                    word.Clear();
                    return i;
                }

                if (c == '\\' && i + 1 < text.Length)
                {
                    // Take both characters at once, so that the second backslash of \\ does not escape a quote.
                    c = text[++i];
                    if (c != '"')
                    {
                        word.Append('\\');
                    }
                }

                if (c == '\n')
                {
                    line++;
                }

                word.Append(c);
            }

            problems.Error(new(file, start), "syntax", "\"", "expected a closing quote");
            return text.Length;
        }
    }
}

using System.Text;

namespace NodeDns.Corefile;

/// <summary>One value of a YAML file, under its keys.</summary>
/// <param name="Key">"section/key"; an item of a list has its list's.</param>
/// <param name="Text">"" where nothing stands, and for a key that has others below it.</param>
internal readonly record struct YamlValue(int Line, string Key, string Text);

/// <summary>YAML as people write settings in it: mappings and lists of words by indentation, quotes, comments, lists in
/// brackets, and text of several lines behind a bar. Anchors, tags, folded text and mappings in braces are left out.</summary>
internal sealed class YamlText
{
    private readonly List<YamlValue> _values = [];
    private readonly HashSet<string> _keys = [];

    /// <summary>From the outermost key that the next line may be within.</summary>
    private readonly Stack<Level> _levels = new([new Level(-1, "", "")]);

    /// <summary>Lines behind a bar; null: none are being read.</summary>
    private StringBuilder? _block;

    private sealed record Level(int Indent, string Key, string Text)
    {
        /// <summary>Where what is within it stands; null: nothing is yet.</summary>
        public int? Within { get; set; }
    }

    /// <returns>The values in the file's order; null, with the problem and its line, for what is not understood. A problem
    /// shows keys at most: the rest of a line may be a password, or of a private key.</returns>
    public static IReadOnlyList<YamlValue>? Parse(string text, out string problem)
    {
        var yaml = new YamlText();
        problem = "";
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            problem = yaml.ReadBlock(line) ? "" : yaml.Read(line.TrimEnd(), number);
            if (problem.Length == 0)
            {
                continue;
            }

            problem = $"line {number}: {problem}";
            return null;
        }

        yaml.EndBlock();
        return yaml._values;
    }

    /// <summary>Takes a line that belongs to the text behind a bar: one further in than its key, or empty.</summary>
    private bool ReadBlock(string line)
    {
        if (_block is null)
        {
            return false;
        }

        var content = line.Trim();
        if (content.Length == 0 || line.Length - line.TrimStart(' ').Length > _levels.Peek().Indent)
        {
            _block.Append(content).Append('\n');
            return true;
        }

        EndBlock();
        return false;
    }

    private void EndBlock()
    {
        if (_block is not null)
        {
            _values[^1] = _values[^1] with { Text = _block.ToString() };
        }

        _block = null;
    }

    /// <returns>What is wrong with the line, or "".</returns>
    private string Read(string line, int number)
    {
        var content = line.TrimStart(' ');
        var indent = line.Length - content.Length;
        if (content.Length == 0 || content[0] == '#' || (number == 1 && content == "---"))
        {
            return "";
        }

        if (content[0] == '\t')
        {
            return "a tab: expected spaces before the first word";
        }

        return content[0] == '-' && (content.Length == 1 || content[1] == ' ')
            ? Item(content[1..].TrimStart(), indent, number)
            : Entry(content, indent, number);
    }

    private string Item(string content, int indent, int number)
    {
        // A list may stand as far left as its key.
        LeaveTo(indent);
        var list = _levels.Peek();
        if (list.Key.Length == 0 || list.Text.Length > 0 || (list.Within ??= indent) != indent)
        {
            return "an item: expected below the key of its list";
        }

        if (Scalar(content, out var rest) is not { } text || rest.Length > 0)
        {
            return $"{list.Key[(list.Key.LastIndexOf('/') + 1)..]}: expected one word, or text in quotes";
        }

        _values.Add(new(number, list.Key, text));
        return "";
    }

    private string Entry(string content, int indent, int number)
    {
        if (Scalar(content, out var rest, isKey: true) is not { Length: > 0 } name || !rest.StartsWith(':') || name.Contains(':'))
        {
            return "expected a key without colons, a colon, a space and a value";
        }

        LeaveTo(indent - 1);
        var parent = _levels.Peek();
        if (parent.Text.Length > 0 || (parent.Within ??= indent) != indent)
        {
            return $"{name}: expected at the indentation of its neighbours";
        }

        var key = parent.Key.Length == 0 ? name : $"{parent.Key}/{name}";
        if (!_keys.Add(key))
        {
            return $"{name}: expected once";
        }

        rest = rest[1..].TrimStart();
        if (rest.StartsWith('['))
        {
            return Bracketed(rest, key, number) ? "" : $"{name}: expected words between brackets, with commas";
        }

        if (rest is "|" or "|-" or "|+")
        {
            _block = new();
            rest = "";
        }

        if (Scalar(rest, out rest) is not { } text || rest.Length > 0)
        {
            return $"{name}: expected one word, or text in quotes, after the colon";
        }

        _levels.Push(new(indent, key, text));
        _values.Add(new(number, key, text));
        return "";
    }

    private bool Bracketed(string text, string key, int number)
    {
        text = text[1..].TrimStart();
        while (!text.StartsWith(']'))
        {
            if (Scalar(text, out text, isItem: true) is not { Length: > 0 } item)
            {
                return false;
            }

            _values.Add(new(number, key, item));
            if (text.StartsWith(','))
            {
                text = text[1..].TrimStart();
            }
            else if (!text.StartsWith(']'))
            {
                return false;
            }
        }

        text = text[1..].TrimStart();
        return text.Length == 0 || text[0] == '#';
    }

    /// <summary>Leaves the keys that a line at this indentation is not within.</summary>
    private void LeaveTo(int indent)
    {
        while (_levels.Peek().Indent > indent)
        {
            _levels.Pop();
        }
    }

    /// <summary>The word or the quoted text at the start; a comment behind it is gone.</summary>
    /// <param name="isKey">It ends before a colon.</param>
    /// <param name="isItem">It ends before a comma or a closing bracket.</param>
    /// <returns>null where something else stands.</returns>
    private static string? Scalar(string text, out string rest, bool isKey = false, bool isItem = false)
    {
        rest = "";
        if (text.StartsWith('"') || text.StartsWith('\''))
        {
            return Quoted(text, out rest);
        }

        if (text.Length > 0 && "&*!|>%@`{}[]?,".Contains(text[0], StringComparison.Ordinal))
        {
            return null;
        }

        var end = 0;
        while (end < text.Length)
        {
            var isLast = end + 1 == text.Length;
            if ((text[end] == ':' && (isLast || text[end + 1] == ' '))
                || (text[end] == '#' && (end == 0 || text[end - 1] == ' '))
                || (isItem && text[end] is ',' or ']'))
            {
                break;
            }

            end++;
        }

        rest = text[end..];
        if (rest.StartsWith('#'))
        {
            rest = "";
        }

        if (!isKey && rest.StartsWith(':'))
        {
            return null;
        }

        var word = text[..end].TrimEnd();
        return word is "~" or "null" ? "" : word;
    }

    private static string? Quoted(string text, out string rest)
    {
        rest = "";
        var quote = text[0];
        var read = new StringBuilder();
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == quote && quote == '\'' && i + 1 < text.Length && text[i + 1] == quote)
            {
                read.Append(text[i++]);
            }
            else if (text[i] == quote)
            {
                rest = text[(i + 1)..].TrimStart();
                if (rest.StartsWith('#'))
                {
                    rest = "";
                }

                return read.ToString();
            }
            else if (text[i] != '\\' || quote == '\'')
            {
                read.Append(text[i]);
            }
            else if (i + 1 < text.Length && text[i + 1] is '"' or '\\' or '/')
            {
                read.Append(text[++i]);
            }
            else
            {
                return null;
            }
        }

        return null;
    }
}

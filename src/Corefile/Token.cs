namespace NodeDns.Corefile;

/// <summary>A word of the file, which may be quoted and then contain anything.</summary>
/// <param name="Text">The text without quotes. It may contain line feeds.</param>
/// <param name="At">Where the word starts.</param>
public readonly record struct Token(string Text, SourceLine At)
{
    /// <summary>The line on which the word ends. A word that starts on it belongs to the same line.</summary>
    public int EndLine => At.Line + Text.AsSpan().Count('\n');

    /// <summary>True when this word and the next are on the same line of the same file.</summary>
    public bool SameLine(Token next) => At.File == next.At.File && EndLine == next.At.Line;

    public override string ToString() => Text;
}

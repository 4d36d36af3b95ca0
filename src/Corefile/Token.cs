namespace NodeDns.Corefile;

/// <summary>A word of the file: bare, or quoted and then with everything between the quotes.</summary>
/// <param name="Text">Without its quotes; may hold line feeds.</param>
/// <param name="At">Where it starts.</param>
public readonly record struct Token(string Text, SourceLine At)
{
    /// <summary>The line a following word must start on to belong to the same line.</summary>
    public int EndLine => At.Line + Text.AsSpan().Count('\n');

    /// <summary>True when this word and the next are on one line of one file.</summary>
    public bool SameLine(Token next) => At.File == next.At.File && EndLine == next.At.Line;

    public override string ToString() => Text;
}

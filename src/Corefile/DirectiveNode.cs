using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>The first word of a line, and the rest of the line.</summary>
internal sealed record OptionLine(Token Name, ImmutableArray<Token> Args)
{
    public SourceLine At => Name.At;

    /// <summary>The whole line.</summary>
    public string Text => string.Join(' ', Args.Prepend(Name).Select(t => t.Text));

    /// <summary>The line without its first word.</summary>
    public string ArgsText => Args.IsEmpty ? "(nothing)" : string.Join(' ', Args.Select(t => t.Text));
}

/// <summary>One directive in a block: its line, and the lines between its braces.</summary>
/// <param name="Body">Empty when there are no braces or nothing between them.</param>
internal sealed record DirectiveNode(OptionLine Head, ImmutableArray<OptionLine> Body)
{
    public string Name => Head.Name.Text;
    public SourceLine At => Head.At;

    /// <summary>A text that is different for different directives: each word is preceded by its length, and each line
    /// by its number of words.</summary>
    public override string ToString() => string.Concat(Body.Prepend(Head).Select(line =>
        $"{line.Args.Length};{string.Concat(line.Args.Prepend(line.Name).Select(word => $"{word.Text.Length}:{word.Text}"))}"));
}

/// <summary>One server block of the file, before its directives are read.</summary>
internal sealed record BlockNode(ImmutableArray<Token> Keys, ImmutableArray<DirectiveNode> Directives);

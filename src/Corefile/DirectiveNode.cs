using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>A word and the rest of its line.</summary>
internal sealed record OptionLine(Token Name, ImmutableArray<Token> Args)
{
    public SourceLine At => Name.At;

    /// <summary>The line as it would be typed.</summary>
    public string Text => string.Join(' ', Args.Prepend(Name).Select(t => t.Text));

    /// <summary>The line without its first word.</summary>
    public string ArgsText => Args.IsEmpty ? "(nothing)" : string.Join(' ', Args.Select(t => t.Text));
}

/// <summary>One directive as it stands in a block: its line, and the lines between its braces.</summary>
/// <param name="Body">Empty for no braces and for nothing between them.</param>
internal sealed record DirectiveNode(OptionLine Head, ImmutableArray<OptionLine> Body)
{
    public string Name => Head.Name.Text;
    public SourceLine At => Head.At;

    /// <summary>Differs where the directive does: each word behind its length, each line behind its number of words.</summary>
    public override string ToString() => string.Concat(Body.Prepend(Head).Select(line =>
        $"{line.Args.Length};{string.Concat(line.Args.Prepend(line.Name).Select(word => $"{word.Text.Length}:{word.Text}"))}"));
}

/// <summary>One server block as it stands in the file.</summary>
internal sealed record BlockNode(ImmutableArray<Token> Keys, ImmutableArray<DirectiveNode> Directives);

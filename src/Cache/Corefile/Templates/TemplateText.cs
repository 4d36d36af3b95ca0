using System.Collections.Immutable;

namespace NodeDns.Cache.Corefile.Templates;

/// <summary>A Go template of which this server knows the part that says something about a question.</summary>
public sealed class TemplateText
{
    private readonly ImmutableArray<TemplateNode> _nodes;

    internal TemplateText(string source, ImmutableArray<TemplateNode> nodes)
    {
        Source = source;
        _nodes = nodes;
    }

    /// <summary>As written.</summary>
    public string Source { get; }

    /// <summary>The text for one question.</summary>
    /// <returns>null when a value is missing or of the wrong kind; <paramref name="problem"/> says which.</returns>
    public string? Render(in TemplateQuestion question, out string problem) =>
        new TemplateRun(question).Render(_nodes, out problem);

    public override string ToString() => Source;
}

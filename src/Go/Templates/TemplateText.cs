using System.Collections.Immutable;

namespace NodeDns.Go.Templates;

/// <summary>A Go template, read.</summary>
public sealed class TemplateText
{
    private readonly string _name;
    private readonly IReadOnlyDictionary<string, ImmutableArray<TemplateNode>> _templates;

    /// <param name="name">The one of <paramref name="templates"/> that is written out.</param>
    internal TemplateText(
        string source, string name, IReadOnlyDictionary<string, ImmutableArray<TemplateNode>> templates, string? warning)
    {
        Source = source;
        _name = name;
        _templates = templates;
        Warning = warning;
    }

    /// <summary>As written.</summary>
    public string Source { get; }

    /// <summary>What makes no value, whatever the question; null when nothing was seen.</summary>
    public string? Warning { get; }

    /// <summary>The text for one question.</summary>
    /// <returns>null when a value is missing or of the wrong kind; <paramref name="problem"/> says which.</returns>
    public string? Render(in TemplateQuestion question, out string problem) =>
        new TemplateRun(question, _templates).Render(_name, out problem);

    public override string ToString() => Source;
}

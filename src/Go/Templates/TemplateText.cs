using System.Collections.Immutable;

namespace NodeDns.Go.Templates;

/// <summary>A parsed Go template.</summary>
public sealed class TemplateText
{
    private readonly string _name;
    private readonly IReadOnlyDictionary<string, ImmutableArray<TemplateNode>> _templates;

    /// <param name="name">The name of the one in <paramref name="templates"/> to execute.</param>
    internal TemplateText(
        string source, string name, IReadOnlyDictionary<string, ImmutableArray<TemplateNode>> templates, string? warning)
    {
        Source = source;
        _name = name;
        _templates = templates;
        Warning = warning;
    }

    /// <summary>The template as written.</summary>
    public string Source { get; }

    /// <summary>Why the template can never produce a value; null when no problem was found.</summary>
    public string? Warning { get; }

    /// <summary>Executes the template for one question.</summary>
    /// <returns>null when a value is missing or has the wrong kind; <paramref name="problem"/> then says
    /// which.</returns>
    public string? Render(in TemplateQuestion question, out string problem) =>
        new TemplateRun(question, _templates).Render(_name, out problem);

    public override string ToString() => Source;
}

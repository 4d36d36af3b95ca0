using System.CommandLine;
using NodeDns.Cli.Printing;

namespace NodeDns.Cli.Commands;

/// <summary>kubectl's flags for the output format.</summary>
internal sealed class OutputOptions
{
    private readonly string[] _formats;

    /// <param name="formats">The allowed formats; the first is the default.</param>
    public OutputOptions(params string[] formats)
    {
        _formats = formats;
        Format = GlobalOptions.Text("--output", "FORMAT", $"{string.Join(", ", formats)}; {formats[0]} is the default", "-o");
        Format.CompletionSources.Add(formats);
    }

    public Option<string> Format { get; }

    public Option<bool> NoHeaders { get; } = new("--no-headers") { Description = "No line of headings" };

    /// <exception cref="UsageException">The command does not have this format.</exception>
    public OutputFormat Read(ParseResult parse)
    {
        var text = parse.GetValue(Format) ?? _formats[0];
        return _formats.Contains(text) && Enum.TryParse<OutputFormat>(text, ignoreCase: true, out var format)
            ? format
            : throw new UsageException($"--output {text}: expected {string.Join(", ", _formats)}");
    }
}

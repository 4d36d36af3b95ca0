using Spectre.Console;

namespace NodeDns.Cli.Printing;

/// <summary>Where a command writes: answers to standard output, everything else to standard error. Colour and progress
/// are only used on terminals, and colour only without <c>NO_COLOR</c>.</summary>
internal sealed class Screen
{
    private readonly IAnsiConsole? _terminal;
    private readonly IAnsiConsole? _progress;

    public Screen()
    {
        Out = Console.Out;
        Error = Console.Error;
        var isDumb = Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb" && !OperatingSystem.IsWindows();
        _terminal = Console.IsOutputRedirected || isDumb ? null : Terminal(Console.Out);
        _progress = Console.IsErrorRedirected || isDumb ? null : Terminal(Console.Error);
    }

    public TextWriter Out { get; }

    public TextWriter Error { get; }

    /// <summary>Runs work that takes some time, and shows a line that says what it does.</summary>
    public Task<T> WhileAsync<T>(string what, Func<Task<T>> work) => _progress is null
        ? work()
        : _progress.Status().Spinner(Spinner.Known.Line).StartAsync(Markup.Escape(what), _ => work());

    public void Write(TextTable table)
    {
        if (_terminal is null)
        {
            table.WriteTo(Out);
        }
        else
        {
            _terminal.Write(table.ForTerminal());
        }
    }

    /// <summary>Writes one line to standard error.</summary>
    public void Say(string line) => Error.WriteLine(line);

    private static IAnsiConsole Terminal(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(writer),
        Ansi = AnsiSupport.Yes,
        ColorSystem = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 }
            ? ColorSystemSupport.NoColors
            : ColorSystemSupport.Standard,
        Interactive = InteractionSupport.Yes,
    });
}

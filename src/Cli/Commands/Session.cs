using System.CommandLine;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Printing;

namespace NodeDns.Cli.Commands;

/// <summary>One run of a command: the cluster that it reads and the screen that it writes to. Every failure becomes one
/// sentence and exit code 2.</summary>
internal sealed class Session : IDisposable
{
    private Session(ParseResult parse, GlobalOptions options, CancellationToken cancel)
    {
        Parse = parse;
        Cancel = cancel;
        Api = new ApiClient(Kubeconfig.Open(options.Flags(parse)));
    }

    public ParseResult Parse { get; }

    /// <summary>Cancelled by Ctrl-C.</summary>
    public CancellationToken Cancel { get; }

    public ApiClient Api { get; }

    public Screen Screen { get; } = new();

    public static async Task<int> RunAsync(
        ParseResult parse, GlobalOptions options, Func<Session, Task<int>> run, CancellationToken cancel)
    {
        try
        {
            using var session = new Session(parse, options, cancel);
            return await run(session);
        }
        catch (ClusterException e)
        {
            return Fail(e.Message, e.Remedy);
        }
        catch (UsageException e)
        {
            return Fail(e.Message, null);
        }
        catch (OperationCanceledException)
        {
            return Fail("interrupted: nothing was changed", null);
        }
        catch (IOException e)
        {
            // The reader of standard output has gone, as with head.
            return Fail(e.Message, null);
        }
    }

    public static int Fail(string sentence, string? remedy)
    {
        Console.Error.WriteLine($"error: {sentence}");
        if (remedy is not null)
        {
            Console.Error.WriteLine(remedy);
        }

        return ExitCode.CouldNotTell;
    }

    /// <summary>Prints which parts of the answer are missing.</summary>
    public void Say(Unknowns unknown)
    {
        foreach (var part in unknown.Parts)
        {
            Screen.Say($"unknown: {part}");
        }

        foreach (var remedy in unknown.Remedies)
        {
            Screen.Say(remedy);
        }
    }

    public void Dispose() => Api.Dispose();
}

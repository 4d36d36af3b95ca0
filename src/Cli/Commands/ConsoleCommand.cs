using System.CommandLine;
using NodeDns.Cli.Browser;

namespace NodeDns.Cli.Commands;

/// <summary><c>console</c>: a page for the browser of this machine.</summary>
internal static class ConsoleCommand
{
    private const string Description =
        """
        Serves a page on 127.0.0.1 that shows the move, the nodes, lookups as they are answered and who asks most, as report,
        status, trace and top do, with your own rights in the cluster. It prints the page's address, whose token nobody else
        has, and ends at Ctrl-C. The page changes nothing: each next step on it is a command to copy.
        """;

    public static Command Create(GlobalOptions options)
    {
        var port = new Option<int>("--port") { Description = "Where to listen on 127.0.0.1; a free port is the default", HelpName = "N" };
        var command = new Command("console", Description) { options.Namespace, port };
        command.SetAction((parse, cancel) => Session.RunAsync(
            parse, options, session => RunAsync(session, parse.GetValue(options.Namespace), parse.GetValue(port)), cancel));
        return command;
    }

    private static async Task<int> RunAsync(Session session, string? @namespace, int port)
    {
        if (port is < 0 or > 65535)
        {
            throw new UsageException($"--port {port}: expected a number from 0 to 65535");
        }

        using var server = new LocalServer(new ConsoleAnswers(session.Api, @namespace, session.Cancel).All);
        var address = await server.StartAsync(port, session.Cancel);
        session.Screen.Out.WriteLine(address);
        session.Screen.Out.Flush();
        await Task.Delay(Timeout.Infinite, session.Cancel).ContinueWith(_ => { }, TaskScheduler.Default);
        await server.StopAsync();
        return ExitCode.Nothing;
    }
}

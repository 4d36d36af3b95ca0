using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Commands;

/// <summary>All commands, with the texts of <c>--help</c>, the man page and docs/cli-reference.md.</summary>
internal static class CommandTree
{
    public const string Description =
        """
        Sees, moves, checks and undoes the node-local DNS cache of a Kubernetes cluster, with your own rights in it.
        Exit codes: 0 nothing to do, 1 something to do, 2 could not tell.
        """;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var root = Create();
        if (arguments is [CompletionCommand.Hidden, .. var typed])
        {
            return CompletionCommand.Complete(root, typed);
        }

        var parse = root.Parse(arguments.Length == 0 ? ["--help"] : arguments);
        if (parse.Errors.Count > 0 && parse.Action is not HelpAction and not PluginHelp)
        {
            var command = parse.CommandResult.Command;
            return Session.Fail($"{parse.Errors[0].Message.TrimEnd('.')}: see kubectl nodedns{(command == root ? "" : " " + command.Name)} --help", null);
        }

        return await parse.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
    }

    public static RootCommand Create()
    {
        var options = new GlobalOptions();
        var version = new Command("version", "Shows the version of this program");
        version.SetAction(_ => Console.Out.WriteLine(InjectionStatus.Version));
        var root = new RootCommand(Description)
        {
            ReportCommand.Create(options),
            RolloutCommand.Create(options),
            DoctorCommand.Create(options),
            StatusCommand.Create(options),
            TraceCommand.Create(options),
            TopCommand.Create(options),
            ConsoleCommand.Create(options),
            UndoCommand.Create(options),
            CompletionCommand.Create(),
            version,
        };
        root.Subcommands.Add(ReferenceCommand.Create(root));
        foreach (var option in options.Cluster)
        {
            option.Recursive = true;
            root.Options.Add(option);
        }

        root.Options.Remove(root.Options.OfType<VersionOption>().Single());
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new PluginHelp((HelpAction)help.Action!);
        return root;
    }

    /// <summary>Shows "kubectl nodedns" in the help, which is what users type, instead of the program's name.</summary>
    private sealed class PluginHelp(HelpAction inner) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var written = new StringWriter();
            var result = inner.Invoke(Redirected(parseResult, written));
            Console.Out.Write(written.ToString().Replace("kubectl-nodedns", "kubectl nodedns", StringComparison.Ordinal).TrimEnd() + "\n");
            return result;
        }

        private static ParseResult Redirected(ParseResult parse, TextWriter writer)
        {
            parse.InvocationConfiguration.Output = writer;
            return parse;
        }
    }
}

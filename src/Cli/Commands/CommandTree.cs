using System.CommandLine;

namespace NodeDns.Cli.Commands;

/// <summary>Every command, with what <c>--help</c>, the man page and docs/cli-reference.md say of it.</summary>
internal static class CommandTree
{
    private const string Description =
        """
        Sees, moves, checks and undoes the node-local DNS cache of a Kubernetes cluster, with your own rights in it.
        Exit codes: 0 nothing to do, 1 something to do, 2 could not tell.
        """;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var parse = Create().Parse(arguments);
        if (parse.Errors.Count > 0)
        {
            return Session.Fail($"{parse.Errors[0].Message} See kubectl nodedns {parse.CommandResult.Command.Name} --help.", null);
        }

        return await parse.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
    }

    public static RootCommand Create()
    {
        var options = new GlobalOptions();
        var root = new RootCommand(Description)
        {
            ReportCommand.Create(options),
            RolloutCommand.Create(options),
        };
        foreach (var option in options.Cluster)
        {
            option.Recursive = true;
            root.Options.Add(option);
        }

        return root;
    }
}

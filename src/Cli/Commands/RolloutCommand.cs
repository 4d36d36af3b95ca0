using System.CommandLine;

namespace NodeDns.Cli.Commands;

/// <summary>Moves the pods that have not moved yet.</summary>
internal static class RolloutCommand
{
    private const string Description =
        """
        Restarts the workloads of a namespace whose pods are not on the node cache yet, a few at a time, each by its own
        rollout and so within its own maxUnavailable. Waits for each, and stops at the first that fails with its reason. Run
        again, it goes on where it stopped: what has moved is not restarted. What nothing can restart is listed with what to
        do. With --to cluster-dns it moves pods back.
        """;

    public static Command Create(GlobalOptions options)
    {
        var workloads = new Argument<string[]>("WORKLOAD")
        {
            Description = "Such as deployment/web; none means all of the namespace",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var label = new Option<bool>("--label") { Description = "Label the namespace nodedns.io/inject=enabled first; with --to cluster-dns, take the label off" };
        var parallel = new Option<int>("--max-parallel") { Description = "How many workloads at once", DefaultValueFactory = _ => 2, HelpName = "N" };
        var dryRun = GlobalOptions.Text("--dry-run", "none|client|server", "client: only say what would be done; server: let the API server check it too");
        var timeout = GlobalOptions.Text("--timeout", "TIME", "How long one workload's rollout may take; 10m is the default");
        var to = GlobalOptions.Text("--to", "node-cache|cluster-dns", "Where to; node-cache is the default");
        to.CompletionSources.Add("node-cache", "cluster-dns");
        dryRun.CompletionSources.Add("none", "client", "server");
        var command = new Command("rollout", Description) { workloads, options.Namespace, label, parallel, dryRun, timeout, to };
        command.SetAction((parse, cancel) => Session.RunAsync(
            parse,
            options,
            session => new RolloutWork(session, options.Scope(parse, session.Api.Connection).Namespace!)
            {
                ToCache = OneOf(to.Name, parse.GetValue(to) ?? "node-cache", "node-cache", "cluster-dns") == "node-cache",
                Label = parse.GetValue(label),
                DryRun = OneOf(dryRun.Name, parse.GetValue(dryRun) ?? "none", "none", "client", "server"),
                MaxParallel = parse.GetValue(parallel) is > 0 and var n ? n
                    : throw new UsageException($"--max-parallel {parse.GetValue(parallel)}: expected 1 or more"),
                Timeout = FlagTime.Parse(timeout.Name, parse.GetValue(timeout) ?? "10m"),
                Named = parse.GetValue(workloads) ?? [],
            }.RunAsync(),
            cancel));
        return command;
    }

    public static string OneOf(string flag, string value, params string[] values) =>
        values.Contains(value) ? value : throw new UsageException($"{flag} {value}: expected {string.Join(" or ", values)}");
}

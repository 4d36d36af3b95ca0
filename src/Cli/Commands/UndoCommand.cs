using System.CommandLine;
using NodeDns.Cli.Workloads;

namespace NodeDns.Cli.Commands;

/// <summary><c>undo</c>: moves all pods back to cluster DNS.</summary>
internal static class UndoCommand
{
    private const string Description =
        """
        Shows what would lose DNS if the release went now, takes the label off namespaces and moves their pods back to cluster
        DNS, as rollout --to cluster-dns --label does for one. When no pod needs the cache any more it says the helm line that
        uninstalls. With --check it only says what would lose DNS, and the exit code is 1 when there is something; the chart does so
        before an uninstall.
        """;

    public static Command Create(GlobalOptions options)
    {
        var dryRun = GlobalOptions.Text("--dry-run", "none|client|server", "client: only say what would be done; server: let the API server check it too");
        var timeout = GlobalOptions.Text("--timeout", "TIME", "How long one workload's rollout may take; 10m is the default");
        var parallel = new Option<int>("--max-parallel") { Description = "How many workloads at once", DefaultValueFactory = _ => 2, HelpName = "N" };
        var check = new Option<bool>("--check") { Description = "Only say which pods would lose DNS if the release went now" };
        var local = GlobalOptions.Text("--local-address", "ADDRESS,...", "With --check: the node cache's addresses; otherwise the release is looked for and has them");
        var resolvConf = GlobalOptions.Text("--resolv-conf", "FILE", "With --check, in a pod that nobody changed: its resolv.conf, which shows what kubelet gives to all");
        var command = new Command("undo", Description) { options.Namespace, options.AllNamespaces, parallel, dryRun, timeout, check, local, resolvConf };
        command.SetAction((parse, cancel) => Session.RunAsync(
            parse,
            options,
            session =>
            {
                var scope = options.Scope(parse, session.Api.Connection);
                foreach (var flag in new[] { local, resolvConf })
                {
                    if (parse.GetValue(flag) is { } given && !parse.GetValue(check))
                    {
                        throw new UsageException($"{flag.Name} {given}: expected with --check only");
                    }
                }

                return parse.GetValue(check)
                    ? new UndoCheck(session, scope) { LocalAddresses = parse.GetValue(local), ResolvConfFile = parse.GetValue(resolvConf) }.RunAsync()
                    : RunAsync(session, scope, ns => new RolloutWork(session, ns)
                    {
                        ToCache = false,
                        Label = true,
                        DryRun = RolloutCommand.OneOf(dryRun.Name, parse.GetValue(dryRun) ?? "none", "none", "client", "server"),
                        MaxParallel = Math.Max(1, parse.GetValue(parallel)),
                        Timeout = FlagTime.Parse(timeout.Name, parse.GetValue(timeout) ?? "10m"),
                    });
            },
            cancel));
        return command;
    }

    private static async Task<int> RunAsync(Session session, Scope scope, Func<string, RolloutWork> work)
    {
        var survey = await session.Screen.WhileAsync($"reading {scope}", () =>
            Survey.TakeAsync(session.Api, scope, session.Cancel, withNodes: false));
        SayAlone(session, survey);
        var namespaces = survey.Rows().Where(row => row.Tally.OnCache + row.Tally.Returning > 0).Select(row => row.Key.Namespace)
            .Concat(survey.Namespaces.Where(one => one.Value.Inject == true).Select(one => one.Key))
            .Distinct().Order(StringComparer.Ordinal).ToList();
        var worst = survey.Unknown.Parts.Count > 0 ? ExitCode.CouldNotTell : ExitCode.Nothing;
        session.Say(survey.Unknown);
        foreach (var ns in namespaces)
        {
            if (scope.Namespace is null)
            {
                session.Screen.Out.WriteLine($"namespace {ns}:");
            }

            worst = Math.Max(worst, await work(ns).RunAsync());
            if (worst == ExitCode.CouldNotTell)
            {
                return worst;
            }
        }

        if (worst == ExitCode.Nothing && survey.Release is { } release)
        {
            session.Screen.Out.WriteLine(scope.Namespace is null
                ? $"No pod needs the cache. Uninstall it:\n  helm uninstall {release.Name} --namespace {release.Namespace}"
                : $"Namespace {scope.Namespace} is as before. When all are: kubectl nodedns undo -A says how to uninstall.");
        }

        return worst;
    }

    private static void SayAlone(Session session, Survey survey)
    {
        var alone = survey.Census.Alone;
        if (alone.Names.Count == 0)
        {
            session.Screen.Out.WriteLine($"If the release went now, no pod of {survey.Scope} would lose DNS.");
            return;
        }

        session.Screen.Out.WriteLine($"If the release went now, {alone.Names.Count} of the pods of {survey.Scope} would lose DNS: the node cache is their only nameserver.");
        UndoCheck.Write(session, alone);
    }
}

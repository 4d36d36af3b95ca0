using NodeDns.Cli.Cluster;
using NodeDns.Cli.Rollouts;
using NodeDns.Cli.Workloads;

namespace NodeDns.Cli.Commands;

/// <summary>One run of <c>rollout</c> in a namespace:
/// <code>
/// 1 see what is to move → 2 label → 3 does the webhook answer as the label says → 4 restart, wait, look → 5 list the rest
/// </code></summary>
internal sealed class RolloutWork(Session session, string @namespace)
{
    public bool ToCache { get; init; } = true;

    public bool Label { get; init; }

    /// <summary>none, client or server.</summary>
    public string DryRun { get; init; } = "none";

    public int MaxParallel { get; init; } = 2;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    public IReadOnlyCollection<string> Named { get; init; } = [];

    private CancellationToken Cancel => session.Cancel;

    /// <returns>An exit code.</returns>
    public async Task<int> RunAsync()
    {
        // 1
        var survey = await Survey.TakeAsync(session.Api, new Scope(@namespace), Cancel, Label ? ToCache : null, withNodes: false);
        if (!survey.Namespaces.TryGetValue(@namespace, out var settings))
        {
            throw new ClusterException($"namespace {@namespace}: it is terminating");
        }

        if (ToCache && !Label && !NamespaceLabel.IsIn(settings, survey.Settings) && survey.Total().Pending == 0)
        {
            throw new ClusterException(
                $"namespace {@namespace} is not labelled {NamespaceLabel.Name}=enabled: its pods would stay as they are; add --label");
        }

        if (!ToCache && !Label && NamespaceLabel.IsIn(settings, survey.Settings) && survey.Total().Returning == 0)
        {
            throw new ClusterException(
                $"namespace {@namespace} is labelled {NamespaceLabel.Name}=enabled: its pods would come back to the cache; add --label to take it off");
        }

        var plan = RolloutPlan.Make(survey.Rows(), ToCache, Named);
        if (DryRun == "client")
        {
            Say(Label, $"namespace {@namespace} would be labelled{(ToCache ? "" : " no more")} (dry run)");
            foreach (var row in plan.Restart)
            {
                session.Screen.Out.WriteLine($"{row.Key.Short} would be restarted (dry run)");
            }

            return End(plan, survey);
        }

        // 2
        var isDry = DryRun == "server";
        var run = new RolloutRun(session.Api, TimeProvider.System, session.Screen.Out.WriteLine) { MaxParallel = MaxParallel, Timeout = Timeout };
        var label = "";
        try
        {
            if (Label)
            {
                // In mode optOut, or with another label that opts in, removing the label does not move pods back.
                var to = ToCache ? "enabled" : await NamespaceLabel.IsOutWithoutAsync(session.Api, @namespace, survey.Deployed, Cancel) ? null : "disabled";
                await NamespaceSwitch.SetAsync(session.Api, @namespace, to, isDry, Cancel);
                label = to is null ? "the label is taken off; " : "the label is set; ";
                session.Screen.Out.WriteLine($"namespace {@namespace}: label {(to is null ? $"{NamespaceLabel.Name} taken off" : $"{NamespaceLabel.Name}={to} set")}{(isDry ? " (server dry run)" : "")}");
            }

            if (isDry)
            {
                foreach (var row in plan.Restart)
                {
                    await new Restart(session.Api, row.Key, TimeProvider.System).BeginAsync(dryRun: true, Cancel);
                    session.Screen.Out.WriteLine($"{row.Key.Short} restarted (server dry run)");
                }

                return End(plan, survey);
            }

            // 3
            if (plan.Restart.Count > 0 && await new Probe(session.Api, survey).AskAsync(@namespace, ToCache, Cancel) is { } wrong)
            {
                throw new ClusterException(wrong);
            }

            // 4
            if (await run.RunAsync(plan.Restart, IsWaitingAsync, Cancel) is { } failure)
            {
                session.Screen.Say($"stopped: {failure}");
                session.Screen.Say($"{run.Summary()}; run the same command again to go on");
                return ExitCode.Findings;
            }
        }
        catch (OperationCanceledException)
        {
            session.Screen.Say($"interrupted: {(isDry ? "nothing was changed" : label + run.Summary())}; run the same command again to go on");
            return ExitCode.CouldNotTell;
        }

        // 5
        return End(plan, survey);
    }

    private async Task<bool> IsWaitingAsync(WorkloadKey key, CancellationToken cancel)
    {
        var now = await Survey.TakeAsync(session.Api, new Scope(@namespace), cancel, withNodes: false);
        return now.Rows().Any(row => row.Key == key && (ToCache ? row.Tally.Pending : row.Tally.Returning) > 0);
    }

    private int End(RolloutPlan plan, Survey survey)
    {
        foreach (var row in plan.Left)
        {
            session.Screen.Out.WriteLine($"{row.Key.Short} is left: {row.Next}");
        }

        session.Say(survey.Unknown);
        Say(plan.Restart.Count == 0 && plan.Left.Count == 0,
            $"Nothing to do: every pod of namespace {@namespace} is where it would be if it were created anew.");
        return survey.Unknown.Parts.Count > 0 ? ExitCode.CouldNotTell
            : plan.Left.Count > 0 ? ExitCode.Findings
            : ExitCode.Nothing;
    }

    private void Say(bool when, string line)
    {
        if (when)
        {
            session.Screen.Out.WriteLine(line);
        }
    }
}

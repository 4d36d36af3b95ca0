using System.CommandLine;
using NodeDns.Cli.Printing;
using NodeDns.Cli.Workloads;

namespace NodeDns.Cli.Commands;

/// <summary>Reports which workloads use the cache, which do not and why, and what would move them.</summary>
internal static class ReportCommand
{
    private const string Description =
        """
        Shows, for each workload, how many of its pods use the node cache, which are left out and why, and what moves the
        others. A pod counts as pending when the webhook's own rules, with the settings that are deployed, would move it if
        it were created anew. Nodes whose cache is not ready and NetworkPolicies that block the cache are listed below.
        """;

    public static Command Create(GlobalOptions options)
    {
        var output = new OutputOptions("table", "wide", "json", "yaml", "name");
        var watch = new Option<bool>("--watch", "-w") { Description = "Go on and show each workload again whenever it changes" };
        var all = new Option<bool>("--all") { Description = "Every workload, also those with nothing to do" };
        var policy = GlobalOptions.Text("--policy", "NAMESPACE/NAME", "Write the patch that lets a NetworkPolicy's pods reach the cache, and nothing else");
        var command = new Command("report", Description)
        {
            options.Namespace, options.AllNamespaces, options.Selector, output.Format, output.NoHeaders, watch, all, policy,
        };
        command.SetAction((parse, cancel) => Session.RunAsync(parse, options, session =>
            parse.GetValue(policy) is { } named
                ? PolicyPatchCommand.RunAsync(session, named, parse.GetResult(output.Format) is null ? OutputFormat.Yaml : output.Read(parse))
                : RunAsync(session, options.Scope(parse, session.Api.Connection), new ReportText(
                    session.Screen, output.Read(parse), !parse.GetValue(output.NoHeaders), parse.GetValue(all)), parse.GetValue(watch)), cancel));
        return command;
    }

    private static async Task<int> RunAsync(Session session, Scope scope, ReportText text, bool watch)
    {
        var survey = await session.Screen.WhileAsync($"reading {scope}", () => Survey.TakeAsync(session.Api, scope, session.Cancel));
        text.Write(survey);
        session.Say(survey.Unknown);
        if (watch)
        {
            await ReportWatch.FollowAsync(session, survey, text);
        }

        return survey.Unknown.Parts.Count > 0 ? ExitCode.CouldNotTell
            : survey.HasFindings ? ExitCode.Findings
            : ExitCode.Nothing;
    }
}

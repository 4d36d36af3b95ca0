using System.CommandLine;
using NodeDns.Cli.Checks;
using NodeDns.Cli.Installed;
using NodeDns.Cli.Printing;

namespace NodeDns.Cli.Commands;

/// <summary><c>doctor</c>: says what is wrong and what to do about it.</summary>
internal static class DoctorCommand
{
    private const string Description =
        """
        Checks the cluster and the node cache in it. Each finding is one line with a code and a remedy; docs/cli-checks.md has all
        of them. With --pre it checks a cluster before an install.
        """;

    public static Command Create(GlobalOptions options)
    {
        var ns = GlobalOptions.Text("--namespace", "NAME", "The release's namespace; otherwise it is looked for in all", "-n");
        var output = new OutputOptions("table", "json", "yaml");
        var pre = new Option<bool>("--pre") { Description = "Only what can be checked before an install" };
        var only = GlobalOptions.Text("--only", "CATEGORY|CODE,...", "Only these categories or codes");
        only.CompletionSources.Add([.. CheckTable.All.Select(check => check.Category).Distinct(), .. CheckTable.All.Select(check => check.Code)]);
        var threshold = GlobalOptions.Text("--failure-threshold", "info|warning|error", "From which level a finding makes the exit code 1; warning is the default");
        threshold.CompletionSources.Add("info", "warning", "error");
        var list = new Option<bool>("--list", "-L") { Description = "List the checks and make none" };
        var bundle = GlobalOptions.Text("--bundle", "FILE", "Write a tar.gz with the findings, the release's objects, logs, settings and metrics; Secrets and values of environment variables are left out");
        var command = new Command("doctor", Description) { ns, pre, only, threshold, list, output.Format, bundle };
        command.SetAction((parse, cancel) =>
        {
            var text = parse.GetValue(threshold) ?? "warning";
            var isLevel = Enum.TryParse<Level>(text, ignoreCase: true, out var level) && !int.TryParse(text, out _);
            var names = parse.GetValue(only)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
            var checks = CheckTable.All
                .Where(check => !parse.GetValue(pre) || check.IsPre)
                .Where(check => names.Length == 0 || names.Any(name => name == check.Category || string.Equals(name, check.Code, StringComparison.OrdinalIgnoreCase)))
                .ToList();
            var unknown = names.FirstOrDefault(name => !CheckTable.All.Any(check => name == check.Category || string.Equals(name, check.Code, StringComparison.OrdinalIgnoreCase)));
            if (!isLevel || unknown is not null)
            {
                return Task.FromResult(Session.Fail(
                    isLevel ? $"--only {unknown}: expected a category or code of kubectl nodedns doctor -L" : $"--failure-threshold {text}: expected info, warning or error", null));
            }

            if (parse.GetValue(list))
            {
                DoctorText.List(new Screen(), checks);
                return Task.FromResult(ExitCode.Nothing);
            }

            return Session.RunAsync(
                parse,
                options,
                session => RunAsync(session, new ReleaseFinder(session.Api, parse.GetValue(ns)), checks, level, output.Read(parse), parse.GetValue(bundle)),
                cancel);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        Session session, ReleaseFinder finder, List<Check> checks, Level threshold, OutputFormat format, string? bundle)
    {
        var examination = new Examination(session.Api, finder);
        // Fail at once if the cluster cannot be reached. Otherwise every check would report that.
        await session.Api.TextAsync("/version", session.Cancel);
        var outcomes = await session.Screen.WhileAsync("looking", async () =>
        {
            var all = new List<CheckOutcome>();
            foreach (var check in checks)
            {
                all.Add(await CheckOutcome.OfAsync(check, examination, session.Cancel));
            }

            return all;
        });
        if (format == OutputFormat.Table)
        {
            DoctorText.Write(session.Screen, outcomes);
        }
        else
        {
            Document.Write(session.Screen.Out, format, writer => DoctorText.WriteJson(writer, outcomes));
        }

        if (bundle is not null)
        {
            await new Bundle(examination).WriteAsync(bundle, outcomes, session.Cancel);
            session.Screen.Say($"wrote {bundle}");
        }

        return outcomes.Any(outcome => outcome.Unknown is not null) ? ExitCode.CouldNotTell
            : outcomes.Any(outcome => outcome.Findings.Any(finding => finding.Level >= threshold)) ? ExitCode.Findings
            : ExitCode.Nothing;
    }
}

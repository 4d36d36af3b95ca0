using NodeDns.Cli.Printing;
using NodeDns.Cli.Workloads;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Commands;

/// <summary>Writes a survey in the format that was asked for.</summary>
/// <param name="screen">Where to write.</param>
/// <param name="format">The format.</param>
/// <param name="headings">Tables have a line with headings.</param>
/// <param name="all">List also the workloads that have nothing to do.</param>
internal sealed class ReportText(Screen screen, OutputFormat format, bool headings, bool all)
{
    public void Write(Survey survey)
    {
        switch (format)
        {
            case OutputFormat.Json or OutputFormat.Yaml:
                Document.Write(screen.Out, format, writer => ReportJson.Write(writer, survey));
                break;
            case OutputFormat.Name:
                foreach (var row in survey.Rows().Where(row => all || row.Next.Length > 0 || row.Tally.Blocked.Count > 0))
                {
                    screen.Out.WriteLine(row.Key.Reference);
                }

                break;
            default:
                WriteTables(survey);
                break;
        }
    }

    /// <summary>Writes the rows of workloads that have changed, like kubectl -w.</summary>
    public void WriteChanged(IEnumerable<WorkloadRow> rows)
    {
        var table = new TextTable(Columns, headings: false);
        foreach (var row in rows)
        {
            table.Add(Cells(row));
        }

        screen.Write(table);
    }

    private string[] Columns => format == OutputFormat.Wide
        ? ["NAMESPACE", "WORKLOAD", "PODS", "ON CACHE", "PENDING", "RETURNING", "SKIPPED", "BLOCKED BY", "NEXT"]
        : ["NAMESPACE", "WORKLOAD", "PODS", "ON CACHE", "PENDING", "SKIPPED", "NEXT"];

    private void WriteTables(Survey survey)
    {
        var table = new TextTable(Columns, headings);
        foreach (var row in survey.Rows().Where(IsShown))
        {
            table.Add(Cells(row));
        }

        if (table.Count > 0)
        {
            screen.Write(table);
            screen.Out.WriteLine();
        }

        WritePolicies(survey);
        WriteNodes(survey);
        WriteSummary(survey);
    }

    private bool IsShown(WorkloadRow row) =>
        all || row.Next.Length > 0 || row.Tally.Blocked.Count > 0 || row.Tally.IsSkippedByItself;

    private TextTable.Cell[] Cells(WorkloadRow row)
    {
        var tally = row.Tally;
        var skipped = string.Join(", ", tally.Skipped.Select(one => $"{one.Value} {one.Key.Name()}"));
        var next = row.Next.Length > 0 ? row.Next : tally.Blocked.Count > 0 ? "see the NetworkPolicies below" : "";
        var pending = new TextTable.Cell($"{tally.Pending}", tally.Pending > 0 ? "yellow" : null);
        var onCache = new TextTable.Cell($"{tally.OnCache}", tally.OnCache == tally.Pods ? "green" : null);
        return format == OutputFormat.Wide
            ? [row.Key.Namespace, row.Key.Short, tally.Pods, onCache, pending, tally.Returning, skipped, string.Join(", ", tally.Blocked.Keys), next]
            : [row.Key.Namespace, row.Key.Short, tally.Pods, onCache, pending, skipped, next];
    }

    private void WritePolicies(Survey survey)
    {
        var blocking = survey.BlockingPolicies();
        foreach (var ((ns, name), pods) in blocking)
        {
            screen.Out.WriteLine(
                $"NetworkPolicy {ns}/{name} keeps {Count(pods, "pod")} from {survey.Settings.Dns.LocalAddresses[0]}:53. Let them through:");
            screen.Out.WriteLine("  " + PolicyPatchCommand.Line(ns, name));
        }

        if (blocking.Count > 0)
        {
            screen.Out.WriteLine();
        }
    }

    private void WriteNodes(Survey survey)
    {
        var troubles = survey.Nodes.Troubles;
        foreach (var (node, trouble) in troubles.Take(10))
        {
            screen.Out.WriteLine($"node {node}: its cache does not serve: {trouble}");
        }

        if (troubles.Count > 10)
        {
            screen.Out.WriteLine($"and {Count(troubles.Count - 10, "more node")} (-o json lists them all)");
        }

        if (troubles.Count > 0)
        {
            screen.Out.WriteLine();
        }
    }

    private void WriteSummary(Survey survey)
    {
        foreach (var note in survey.Notes)
        {
            screen.Say($"note: {note}");
        }

        var total = survey.Total();
        screen.Out.WriteLine($"{Count(total.Pods, "pod")} in {survey.Scope}: {total.OnCache} on the cache, {total.Pending} pending, {total.SkippedPods} skipped"
            + (total.Returning > 0 ? $", {total.Returning} on the cache until they are created anew" : ""));
        foreach (var (reason, count) in total.Skipped.OrderByDescending(one => one.Value))
        {
            screen.Out.WriteLine($"  {count} {reason.Name()}: {reason.Explain()}");
        }

        if (!survey.HasFindings && survey.Unknown.Parts.Count == 0)
        {
            screen.Out.WriteLine("Nothing to do.");
        }
    }

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}

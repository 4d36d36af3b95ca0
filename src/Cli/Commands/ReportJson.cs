using System.Text.Json;
using NodeDns.Cli.Workloads;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Commands;

/// <summary>Writes a survey for programs. docs/cli.md describes the format.</summary>
internal static class ReportJson
{
    public static void Write(Utf8JsonWriter writer, Survey survey)
    {
        writer.WriteStartObject();
        writer.WriteString("apiVersion", "nodedns.io/v1");
        writer.WriteString("kind", "Report");
        var total = survey.Total();
        writer.WriteStartObject("summary");
        WriteCounts(writer, total);
        writer.WriteNumber("nodes", survey.Nodes.Wanted);
        writer.WriteNumber("nodesReady", survey.Nodes.Ready);
        writer.WriteEndObject();
        writer.WriteStartArray("namespaces");
        foreach (var (ns, tally) in survey.NamespaceTotals())
        {
            writer.WriteStartObject();
            writer.WriteString("name", ns);
            WriteCounts(writer, tally);
            writer.WriteString("next", Mover.NextStep(ns, tally));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("workloads");
        foreach (var row in survey.Rows())
        {
            writer.WriteStartObject();
            writer.WriteString("namespace", row.Key.Namespace);
            writer.WriteString("kind", row.Key.Kind);
            writer.WriteString("name", row.Key.Name);
            WriteCounts(writer, row.Tally);
            writer.WriteStartArray("blockedBy");
            foreach (var policy in row.Tally.Blocked.Keys)
            {
                writer.WriteStringValue(policy);
            }

            writer.WriteEndArray();
            writer.WriteString("next", row.Next);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("policies");
        foreach (var ((ns, name), pods) in survey.BlockingPolicies())
        {
            writer.WriteStartObject();
            writer.WriteString("namespace", ns);
            writer.WriteString("name", name);
            writer.WriteNumber("pods", pods);
            writer.WriteString("next", PolicyPatchCommand.Line(ns, name));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("nodes");
        foreach (var (node, trouble) in survey.Nodes.Troubles)
        {
            writer.WriteStartObject();
            writer.WriteString("name", node);
            writer.WriteString("problem", trouble);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteTexts(writer, "notes", survey.Notes);
        WriteTexts(writer, "unknown", survey.Unknown.Parts);
        writer.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter writer, Tally tally)
    {
        writer.WriteNumber("pods", tally.Pods);
        writer.WriteNumber("onCache", tally.OnCache);
        writer.WriteNumber("pending", tally.Pending);
        writer.WriteNumber("returning", tally.Returning);
        writer.WriteStartObject("skipped");
        foreach (var (reason, count) in tally.Skipped)
        {
            writer.WriteNumber(reason.Name(), count);
        }

        writer.WriteEndObject();
    }

    public static void WriteTexts(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }
}

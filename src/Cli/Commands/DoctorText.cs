using System.Text.Json;
using NodeDns.Cli.Checks;
using NodeDns.Cli.Printing;

namespace NodeDns.Cli.Commands;

/// <summary>Writes checks and their results, as text or as JSON.</summary>
internal static class DoctorText
{
    public static void List(Screen screen, IEnumerable<Check> checks)
    {
        var table = new TextTable(["CODE", "CATEGORY", "BEFORE INSTALL", "CHECKS THAT"]);
        foreach (var check in checks)
        {
            table.Add(check.Code, check.Category, check.IsPre ? "yes" : "", check.Title);
        }

        screen.Write(table);
    }

    public static void Write(Screen screen, IReadOnlyList<CheckOutcome> outcomes)
    {
        foreach (var category in outcomes.GroupBy(outcome => outcome.Check.Category))
        {
            screen.Out.WriteLine(category.Key);
            foreach (var outcome in category)
            {
                screen.Out.WriteLine($"  {Mark(outcome)} {outcome.Check.Code} {outcome.Check.Title}");
                foreach (var finding in outcome.Findings)
                {
                    screen.Out.WriteLine($"      {Name(finding.Level)}: {finding.Text}");
                    screen.Out.WriteLine($"      remedy: {finding.Remedy}");
                }

                if (outcome.Unknown is { } why)
                {
                    screen.Out.WriteLine($"      unknown: {why}");
                }
            }

            screen.Out.WriteLine();
        }

        var findings = outcomes.SelectMany(outcome => outcome.Findings).ToList();
        screen.Out.WriteLine(
            $"{outcomes.Count} checks: {findings.Count(one => one.Level == Level.Error)} errors, {findings.Count(one => one.Level == Level.Warning)} warnings, "
            + $"{findings.Count(one => one.Level == Level.Info)} notes, {outcomes.Count(one => one.Unknown is not null)} unknown");
    }

    public static void WriteJson(Utf8JsonWriter writer, IReadOnlyList<CheckOutcome> outcomes)
    {
        writer.WriteStartObject();
        writer.WriteString("apiVersion", "nodedns.io/v1");
        writer.WriteString("kind", "Doctor");
        writer.WriteStartArray("checks");
        foreach (var outcome in outcomes)
        {
            writer.WriteStartObject();
            writer.WriteString("code", outcome.Check.Code);
            writer.WriteString("category", outcome.Check.Category);
            writer.WriteString("title", outcome.Check.Title);
            writer.WriteStartArray("findings");
            foreach (var finding in outcome.Findings)
            {
                writer.WriteStartObject();
                writer.WriteString("level", Name(finding.Level));
                writer.WriteString("text", finding.Text);
                writer.WriteString("remedy", finding.Remedy);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            if (outcome.Unknown is { } why)
            {
                writer.WriteString("unknown", why);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string Name(Level level) => level switch
    {
        Level.Error => "error",
        Level.Warning => "warning",
        _ => "note",
    };

    private static string Mark(CheckOutcome outcome) =>
        outcome.Unknown is not null ? "?"
        : outcome.Findings.Count == 0 ? "√"
        : outcome.Findings.Max(finding => finding.Level) switch { Level.Error => "×", Level.Warning => "‼", _ => "i" };
}

using System.Globalization;
using System.Text.Json;
using NodeDns.Cli.Printing;
using NodeDns.Cli.Tracing;

namespace NodeDns.Cli.Commands;

/// <summary>How <c>trace</c> prints lookups, or their counts.</summary>
/// <param name="most">The most lookups; 0 for no limit.</param>
internal sealed class TraceText(Screen screen, OutputFormat format, bool summary, int most)
{
    private const int SummaryRows = 20;

    private readonly LookupTally _byPod = new();
    private readonly LookupTally _byName = new();
    private long _count;

    public bool HasEnough => most > 0 && _count >= most;

    /// <param name="lookup">The lookup.</param>
    /// <param name="pod">NAMESPACE/NAME; null when the client is no known pod.</param>
    public void Write(Lookup lookup, string? pod)
    {
        if (HasEnough)
        {
            return;
        }

        _count++;
        if (summary)
        {
            _byPod.Add(pod ?? lookup.Client, lookup);
            _byName.Add($"{lookup.Name} {lookup.Type}", lookup);
        }
        else if (format == OutputFormat.Json)
        {
            screen.Out.WriteLine(Json(lookup, pod));
            screen.Out.Flush();
        }
        else
        {
            screen.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{lookup.Time:HH:mm:ss.fff} {pod ?? lookup.Client} {lookup.Type} {lookup.Name} {lookup.Rcode} {lookup.From} {lookup.Milliseconds}ms")
                + (format == OutputFormat.Wide ? $" {lookup.Node} {lookup.Rest}" : ""));
            screen.Out.Flush();
        }
    }

    /// <summary>Prints the counts, or that there is nothing to print.</summary>
    public void Finish()
    {
        if (_count == 0)
        {
            screen.Say("no lookup matched");
        }
        else if (summary && format == OutputFormat.Json)
        {
            Document.Write(screen.Out, format, writer =>
            {
                writer.WriteStartObject();
                writer.WriteNumber("lookups", _count);
                Write(writer, "pods", _byPod);
                Write(writer, "names", _byName);
                writer.WriteEndObject();
            });
        }
        else if (summary)
        {
            screen.Write(Table("POD", _byPod));
            screen.Out.WriteLine();
            screen.Write(Table("NAME", _byName));
        }
    }

    private static TextTable Table(string heading, LookupTally tally)
    {
        var table = new TextTable([heading, "LOOKUPS", "UPSTREAM", "NXDOMAIN", "FAILED"]);
        foreach (var row in tally.Top(SummaryRows))
        {
            table.Add(row.Key, Number(row.Lookups), Number(row.Waited), Number(row.NxDomain), Number(row.Failures));
        }

        return table;
    }

    private static void Write(Utf8JsonWriter writer, string name, LookupTally tally)
    {
        writer.WriteStartArray(name);
        foreach (var row in tally.Top(LookupTally.Most))
        {
            writer.WriteStartObject();
            writer.WriteString("of", row.Key);
            writer.WriteNumber("lookups", row.Lookups);
            writer.WriteNumber("upstream", row.Waited);
            writer.WriteNumber("nxdomain", row.NxDomain);
            writer.WriteNumber("failed", row.Failures);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>The line of the node, with the names of pod and node before it.</summary>
    public static string Json(Lookup lookup, string? pod)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (pod is not null)
            {
                writer.WriteString("namespace", pod[..pod.IndexOf('/', StringComparison.Ordinal)]);
                writer.WriteString("pod", pod[(pod.IndexOf('/', StringComparison.Ordinal) + 1)..]);
            }

            writer.WriteString("node", lookup.Node);
            foreach (var member in lookup.Line.EnumerateObject())
            {
                member.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}

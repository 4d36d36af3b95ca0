using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

/// <summary>Every value of the chart, set to something of its type that a hand may write and YAML, Go or the API server may
/// trip over: what is made of it is taken by the API server, or it is refused by its name.</summary>
public sealed class BadValueTests(ApiServer server)
{
    /// <summary>By JSON type: a text that YAML reads as a number, a number that Go writes with an exponent, a list and a map of
    /// things that nobody knows.</summary>
    private static readonly Dictionary<string, string> s_values = new()
    {
        ["string"] = "\"5\"",
        ["integer"] = "1000000",
        ["array"] = "[{}]",
        ["object"] = "{\"x\":\"y\"}",
    };

    private static readonly JsonNode s_schema =
        JsonNode.Parse(File.ReadAllText(Path.Combine(Tool.ChartFolder, "values.schema.json")))!;

    public static TheoryData<string, string> Values => [.. Paths().SelectMany(path => Types(path).Where(s_values.ContainsKey).Select(type => (path, s_values[type])))];

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_is_taken_or_refused_by_name(string path, string value)
    {
        server.Require();
        server.Namespace("node-dns");
        var file = Path.GetTempFileName();
        try
        {
            // In a file: numbers of --set are no floats.
            File.WriteAllText(file, path.Split('.').Reverse().Aggregate(value, (inner, key) => $"{{\"{key}\": {inner}}}"));
            var run = Rendered.Try(path == "dns.clusterDNS" ? ["--values", file] : ["--set", "dns.clusterDNS={10.96.0.10}", "--values", file]);
            if (run.ExitCode != 0)
            {
                Assert.Contains(path.Split('.')[^1], run.Error, StringComparison.Ordinal);
                Assert.DoesNotContain("nil pointer", run.Error, StringComparison.Ordinal);
                Assert.DoesNotContain("YAML parse error", run.Error, StringComparison.Ordinal);
                return;
            }

            var taken = server.KubectlWith(run.Output, "apply", "--dry-run=server", "--validate=strict", "-f", "-");
            Assert.True(taken.ExitCode == 0, taken.Error);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static IEnumerable<string> Paths() => File.ReadLines(Path.Combine(Tool.ChartFolder, "templates", "_defaults.tpl"))
        .SkipWhile(line => !line.Contains("ndw.paths", StringComparison.Ordinal)).Skip(1).TakeWhile(line => !line.StartsWith("{{", StringComparison.Ordinal));

    private static IEnumerable<string> Types(string path)
    {
        var node = path.Split('.').Aggregate(s_schema, (node, key) => node["properties"]![key]!);
        if (((string?)node["$ref"])?.Split('/')[^1] is { } definition)
        {
            node = s_schema["definitions"]![definition]!;
        }

        return node["type"] switch
        {
            JsonArray types => types.Select(type => type!.ToString()),
            JsonValue type => [type.ToString()],
            _ => [],
        };
    }
}

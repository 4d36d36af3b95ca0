using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

/// <summary>From the oldest to the newest Kubernetes, no object has a field that its API server does not know. Fields never go
/// away within a version of an API, so what 1.26 knows all know; AcceptedTests asks the newest.</summary>
public sealed class OldFieldsTests
{
    /// <summary>Fields and kinds that are younger, with the minor version of Kubernetes 1 from which on they are written.</summary>
    private static readonly Dictionary<string, int> s_younger = new()
    {
        ["MutatingWebhook.matchConditions"] = 28,
        ["MutatingAdmissionPolicy"] = 36,
        ["MutatingAdmissionPolicyBinding"] = 36,
    };

    /// <summary>By type, the fields with the type of their values; null where the value is not looked into.</summary>
    private static readonly Dictionary<string, Dictionary<string, string?>> s_types = File
        .ReadLines(Path.Combine(Tool.Checkout, "tests", "Chart.Tests", "fields-1.26.txt"))
        .Where(line => !line.StartsWith('#'))
        .ToDictionary(line => line[..line.IndexOf(':')], line => line[(line.IndexOf(':') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(field => field.Split('=')).ToDictionary(parts => parts[0], parts => parts.Length > 1 ? parts[1] : null));

    /// <summary>Kinds of other makers.</summary>
    private static readonly string[] s_foreign = ["cert-manager.io/v1", "monitoring.coreos.com/v1"];

    public static TheoryData<string, int> Renders =>
        [.. from file in DefaultsTests.ValuesFiles from minor in Enumerable.Range(26, 11) select ((string)file, minor)];

    [Theory]
    [MemberData(nameof(Renders))]
    public void Every_field_is_known_to_the_version_it_is_rendered_for(string file, int minor)
    {
        var rendered = Rendered.Exactly($"1.{minor}.0", "--values", Path.Combine(Tool.ChartFolder, "ci", file));
        Assert.All(rendered.Objects.Where(o => !s_foreign.Contains(o.Text("apiVersion"))), o =>
            Assert.Empty(Unknown(o, o.Text("kind"), minor).Select(field => $"{o.Text("kind")} {o.Text("metadata.name")}: {field}")));
    }

    private static IEnumerable<string> Unknown(JsonNode? node, string type, int minor) => node switch
    {
        JsonArray list => list.SelectMany(item => Unknown(item, type, minor)),
        JsonObject when s_younger.TryGetValue(type, out var since) => minor >= since ? [] : [type],
        JsonObject map => map.SelectMany(pair =>
            s_types[type].TryGetValue(pair.Key, out var below) ? (below is null ? [] : Unknown(pair.Value, below, minor))
            : s_younger.TryGetValue($"{type}.{pair.Key}", out var since) && minor >= since ? []
            : Enumerable.Repeat($"{type}.{pair.Key}", 1)),
        _ => [],
    };
}

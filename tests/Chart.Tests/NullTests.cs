using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

/// <summary>null takes a value and its default away in Helm. Here it means the default, wherever it stands.</summary>
public sealed class NullTests
{
    private static readonly JsonObject s_schema = (JsonObject)JsonNode.Parse(
        File.ReadAllText(Path.Combine(Tool.ChartFolder, "values.schema.json")))!;

    public static TheoryData<string> Sections => [.. Places(s_schema, "").Where(p => p.IsSection).Select(p => p.Path)];

    [Theory]
    [MemberData(nameof(Sections))]
    public void A_section_set_to_null_is_its_default(string section)
    {
        var given = section == "dns" ? Rendered.Exactly("1.36.3", "--set", "dns=null,cache.enabled=false")
            : Rendered.With("--set", section + "=null");
        var otherwise = section == "dns" ? Rendered.Exactly("1.36.3", "--set", "cache.enabled=false") : Rendered.With();
        Assert.Equal(otherwise.Text, given.Text);
    }

    [Fact]
    public void All_values_set_to_null_are_their_defaults()
    {
        var nulls = Places(s_schema, "").Where(p => !p.IsSection && p.Path != "dns.clusterDNS").Select(p => p.Path + "=null");
        Assert.Equal(Rendered.With().Text, Rendered.With("--set", string.Join(',', nulls)).Text);
    }

    private static IEnumerable<(string Path, bool IsSection)> Places(JsonObject node, string prefix)
    {
        foreach (var (key, value) in (JsonObject)node["properties"]!)
        {
            if (key == "global")
            {
                continue;
            }

            var isSection = value!["properties"] is not null && value["additionalProperties"]?.GetValueKind() is System.Text.Json.JsonValueKind.False
                && value["required"] is null && !IsLeaf(prefix + key);
            yield return (prefix + key, isSection);
            if (isSection)
            {
                foreach (var inner in Places((JsonObject)value, prefix + key + "."))
                {
                    yield return inner;
                }
            }
        }
    }

    /// <summary>The values that templates/_defaults.tpl lists; all others are sections.</summary>
    private static bool IsLeaf(string path) => s_leaves.Contains(path);

    private static readonly HashSet<string> s_leaves =
        [.. File.ReadLines(Path.Combine(Tool.ChartFolder, "templates", "_defaults.tpl")).SkipWhile(l => !l.Contains("ndw.paths", StringComparison.Ordinal)).Skip(1)];
}

using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

/// <summary>Grafana's dashboards, and every query of theirs asked of a Prometheus that scrapes our programs under load.</summary>
public sealed class DashboardTests(ScrapedNode node) : IClassFixture<ScrapedNode>
{
    private static readonly string[] s_boards = ["nodes", "rollout"];

    private static JsonNode Board(string name) => JsonNode.Parse(
        File.ReadAllText(Path.Combine(Tool.ChartFolder, "monitoring", name + ".json")))!;

    private static IEnumerable<JsonNode> Panels(JsonNode board) => board["panels"]!.AsArray().Select(p => p!).Where(p => p.Text("type") != "row");

    public static TheoryData<string, string> Queries =>
    [
        .. from board in s_boards
           from panel in Panels(Board(board))
           from target in panel["targets"]!.AsArray()
           select ($"{board}: {panel.Text("title")}", target!.Text("expr")),
    ];

    [Theory]
    [MemberData(nameof(Queries))]
    public void A_panels_query_has_numbers(string panel, string query)
    {
        node.Require();
        var asked = query.Replace("$__rate_interval", "1m", StringComparison.Ordinal)
            .Replace("$job", ".*", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal);
        Assert.DoesNotContain("$", asked, StringComparison.Ordinal);
        IReadOnlyList<double> values;
        var started = Stopwatch.GetTimestamp();
        do
        {
            values = node.AskAfterLoad(asked);
        }
        while ((values.Count == 0 || values.Any(double.IsNaN)) && Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1));

        Assert.True(values.Count > 0, $"{panel}: nothing for {asked}");
        Assert.False(values.Any(double.IsNaN), $"{panel}: NaN among {string.Join(' ', values)} for {asked}");
    }

    [Fact]
    public void They_are_config_maps_that_grafanas_sidecar_finds()
    {
        Assert.DoesNotContain(Rendered.With().Objects, o => o.Text("metadata.name").Contains("dashboard", StringComparison.Ordinal));
        var rendered = Rendered.With("--set", "monitoring.dashboards.enabled=true,monitoring.dashboards.namespace=grafana");
        Assert.All(s_boards, board =>
        {
            var map = rendered.One("ConfigMap", "nd-dashboard-" + board);
            Assert.Equal("grafana", map.Text("metadata.namespace"));
            Assert.Equal("1", map.Text("metadata.labels.grafana_dashboard"));
            Assert.Equal(Board(board).ToJsonString(), JsonNode.Parse(map.Text($"data.node-dns-{board}\\.json"))!.ToJsonString());
        });
    }

    [Theory]
    [InlineData("nodes")]
    [InlineData("rollout")]
    public void Panels_have_their_own_place_and_id(string name)
    {
        var board = Board(name);
        var panels = board["panels"]!.AsArray().Select(p => p!).ToList();
        Assert.Equal(panels.Count, panels.Select(p => p.Text("id")).Distinct().Count());
        Assert.Equal(panels.Count, panels.Select(p => p["gridPos"]!.ToJsonString()).Distinct().Count());
        Assert.All(panels, p => Assert.True(p["gridPos"]!["x"]!.GetValue<int>() + p["gridPos"]!["w"]!.GetValue<int>() <= 24));
        var variables = board.At("templating.list")!.AsArray().Select(v => "$" + v!.Text("name")).ToList();
        Assert.Contains("$job", variables);
        Assert.Equal(JsonValueKind.String, board["uid"]!.GetValueKind());
    }
}

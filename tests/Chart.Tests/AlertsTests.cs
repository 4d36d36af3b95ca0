using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

/// <summary>The alerts of the PrometheusRule.</summary>
public sealed class AlertsTests
{
    private const string Promtool = "/usr/bin/promtool";
    private static readonly string s_unitTests = Path.Combine(Tool.Checkout, "tests", "Chart.Tests", "alerts-test.yaml");

    private static JsonObject Spec(params string[] arguments) => (JsonObject)Rendered
        .With(["--set", "monitoring.prometheusRule.enabled=true", .. arguments]).One("PrometheusRule", "nd")["spec"]!;

    private static List<JsonNode> Alerts(JsonObject spec) =>
        [.. spec["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).Select(rule => rule!)];

    [Fact]
    public void Promtool_finds_nothing_wrong_with_rules_and_messages() => Promtools("check", Spec(), "rules", "rules.json");

    /// <summary>Without the messages, which promtool would compare word by word.</summary>
    [Fact]
    public void Each_alert_fires_on_what_it_is_for_and_is_silent_otherwise()
    {
        var spec = Spec();
        foreach (var alert in Alerts(spec))
        {
            alert.AsObject().Remove("annotations");
        }

        Promtools("test", spec, "rules", "alerts-test.yaml");
        var tests = File.ReadAllText(s_unitTests);
        Assert.All(Alerts(spec), alert => Assert.Contains($"alertname: {alert.Text("alert")}\n        eval_time", tests, StringComparison.Ordinal));
    }

    [Fact]
    public void Each_alert_is_told_in_the_documents_and_the_documents_tell_no_other()
    {
        var told = File.ReadLines(Path.Combine(Tool.Checkout, "docs", "alerts.md"))
            .Where(line => line.StartsWith("## NodeDns", StringComparison.Ordinal)).Select(line => line[3..]);
        Assert.Equal(Alerts(Spec()).Select(alert => alert.Text("alert")).Order(), told.Order());
    }

    [Fact]
    public void Each_alert_has_a_severity_a_summary_and_a_description() => Assert.All(Alerts(Spec()), alert =>
    {
        Assert.Contains(alert.Text("labels.severity"), new[] { "info", "warning", "critical" });
        Assert.NotEqual("", alert.Text("annotations.summary"));
        Assert.NotEqual("", alert.Text("annotations.description"));
    });

    [Fact]
    public void There_is_no_rule_by_default_and_half_a_chart_has_half_the_alerts()
    {
        Assert.Empty(Rendered.With().All("PrometheusRule"));
        Assert.Equal("node-dns-cache", Assert.Single(Spec("--set", "webhook.enabled=false")["groups"]!.AsArray())!.Text("name"));
    }

    [Fact]
    public void Alerts_can_be_left_out_labelled_and_pointed_at_another_job()
    {
        var alerts = Alerts(Spec("--set", "monitoring.prometheusRule.disabled={NodeDnsCacheHangs},monitoring.prometheusRule.alertLabels.severity=page",
            "--set-string", """monitoring.cacheSelector=job="pods"\,app="dns" """.TrimEnd()));
        Assert.DoesNotContain(alerts, alert => alert.Text("alert") == "NodeDnsCacheHangs");
        Assert.All(alerts, alert => Assert.Equal("page", alert.Text("labels.severity")));
        Assert.Equal("""nodedns_guard_relaying{job="pods",app="dns"} == 1""",
            Assert.Single(alerts, alert => alert.Text("alert") == "NodeDnsCacheRelaying").Text("expr"));
    }

    [Fact]
    public void An_alert_that_is_none_cannot_be_left_out() => Assert.Contains("there is no such alert", Rendered.Refusal(
        "--set", "dns.clusterDNS={10.96.0.10},monitoring.prometheusRule.enabled=true,monitoring.prometheusRule.disabled={NodeDnsNothing}"), StringComparison.Ordinal);

    private static void Promtools(string command, JsonObject spec, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(Promtool), "needs prometheus: eng/install test");
        var folder = Directory.CreateTempSubdirectory("alerts").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "rules.json"), spec.ToJsonString());
            File.Copy(s_unitTests, Path.Combine(folder, "alerts-test.yaml"));
            var run = Tool.Run(Promtool, [command, arguments[0], Path.Combine(folder, arguments[1])]);
            Assert.True(run.ExitCode == 0, run.Output + run.Error);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

/// <summary>The alerts of the PrometheusRule.</summary>
public sealed class AlertsTests
{
    private const string Promtool = "/usr/bin/promtool";
    private static readonly string s_unitTests = Path.Combine(Tool.Checkout, "tests", "Chart.Tests", "alerts-test.yaml");

    /// <summary>The alerts of both engines.</summary>
    private static JsonObject Everything()
    {
        var spec = Spec();
        var policy = Assert.Single(Spec("--set", "engine=policy")["groups"]!.AsArray(), group => group!.Text("name") == "node-dns-policy");
        spec["groups"]!.AsArray().Add(policy!.DeepClone());
        return spec;
    }

    private static JsonObject Spec(params string[] arguments) => (JsonObject)Rendered
        .With(["--set", "monitoring.prometheusRule.enabled=true", .. arguments]).One("PrometheusRule", "nd")["spec"]!;

    private static List<JsonNode> Alerts(JsonObject spec) =>
        [.. spec["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).Select(rule => rule!)];

    [Fact]
    public void Promtool_finds_nothing_wrong_with_rules_and_messages() => Promtools("check", Everything());

    /// <summary>Without the messages, which promtool would compare word by word.</summary>
    [Fact]
    public void Each_alert_fires_on_what_it_is_for_and_is_silent_otherwise()
    {
        var spec = Everything();
        foreach (var alert in Alerts(spec))
        {
            alert.AsObject().Remove("annotations");
        }

        var tests = File.ReadAllText(s_unitTests);
        Promtools("test", spec, tests);
        Assert.All(Alerts(spec), alert => Assert.Contains($"alertname: {alert.Text("alert")}\n        eval_time", tests, StringComparison.Ordinal));
    }

    [Fact]
    public void The_query_of_the_documents_names_the_pod_behind_a_client()
    {
        var page = File.ReadAllText(Path.Combine(Tool.Checkout, "docs", "metrics.md"));
        var query = page.Split("```promql\n")[1].Split("```")[0];
        Promtools("test", Spec(), $$"""
            tests:
              - interval: 1m
                input_series:
                  - {series: 'nodedns_client_nxdomain_total{job="node-dns-cache",pod="cache",client="10.0.0.7"}', values: "0+600x10"}
                  - {series: 'nodedns_client_nxdomain_total{job="node-dns-cache",pod="cache",client="10.0.0.8"}', values: "0+60x10"}
                  - {series: 'nodedns_client_nxdomain_total{job="node-dns-cache",pod="cache",client="other"}', values: "0+600x10"}
                  - {series: 'kube_pod_info{namespace="shop",pod="web",pod_ip="10.0.0.7",host_network="false"}', values: "1x10"}
                  - {series: 'kube_pod_info{namespace="shop",pod="on-node",pod_ip="10.0.0.7",host_network="true"}', values: "1x10"}
                  - {series: 'kube_pod_info{namespace="shop",pod="job-1",pod_ip="10.0.0.8",host_network="false"}', values: "1x10"}
                  - {series: 'kube_pod_info{namespace="shop",pod="job-2",pod_ip="10.0.0.8",host_network="false"}', values: "1x10"}
                promql_expr_test:
                  - expr: {{JsonValue.Create($"({query}) > 5").ToJsonString()}}
                    eval_time: 10m
                    exp_samples: [{labels: '{namespace="shop",pod="web",client="10.0.0.7"}', value: 10}]
                  - {expr: {{JsonValue.Create($"count({query})").ToJsonString()}}, eval_time: 10m, exp_samples: [{value: 2}]}
            """);
    }

    [Fact]
    public void Each_alert_is_told_in_the_documents_and_the_documents_tell_no_other()
    {
        var told = File.ReadLines(Path.Combine(Tool.Checkout, "docs", "alerts.md"))
            .Where(line => line.StartsWith("## NodeDns", StringComparison.Ordinal)).Select(line => line[3..]);
        Assert.Equal(Alerts(Everything()).Select(alert => alert.Text("alert")).Order(), told.Order());
    }

    [Fact]
    public void Each_alert_has_a_severity_a_summary_and_a_description() => Assert.All(Alerts(Everything()), alert =>
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
        Assert.Equal(["node-dns-cache", "node-dns-policy"],
            Spec("--set", "engine=policy")["groups"]!.AsArray().Select(group => group!.Text("name")));
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

    /// <param name="tests">For the command test.</param>
    private static void Promtools(string command, JsonObject spec, string tests = "")
    {
        Assert.SkipUnless(File.Exists(Promtool), "needs prometheus: eng/install test");
        var folder = Directory.CreateTempSubdirectory("alerts").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "rules.json"), spec.ToJsonString());
            File.WriteAllText(Path.Combine(folder, "tests.yaml"), tests);
            var run = Tool.Run(Promtool, [command, "rules", Path.Combine(folder, command == "test" ? "tests.yaml" : "rules.json")]);
            Assert.True(run.ExitCode == 0, run.Output + run.Error);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

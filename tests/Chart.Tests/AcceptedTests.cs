namespace NodeDns.Chart.Tests;

/// <summary>The API server takes every object that the chart makes, with no field it does not know.</summary>
public sealed class AcceptedTests(ApiServer server)
{
    /// <summary>Kinds of the Prometheus operator, whose definitions are not here.</summary>
    private static readonly string[] s_unknown = ["ServiceMonitor", "PodMonitor", "PrometheusRule"];

    [Theory]
    [MemberData(nameof(DefaultsTests.ValuesFiles), MemberType = typeof(DefaultsTests))]
    public void Every_example_of_values_is_taken_with_strict_validation(string file)
    {
        server.Require();
        server.Namespace("node-dns");
        server.Namespace("monitoring");
        var rendered = Rendered.Exactly("1.36.3", "--values", Path.Combine(Tool.ChartFolder, "ci", file));
        foreach (var o in rendered.Objects.Where(o => !s_unknown.Contains(o.Text("kind"))))
        {
            var run = server.KubectlWith(o.ToJsonString(), "apply", "--dry-run=server", "--validate=strict", "-f", "-");
            Assert.True(run.ExitCode == 0 && run.Error.Length == 0, $"{o.Text("kind")} {o.Text("metadata.name")}: {run.Error}");
        }
    }
}

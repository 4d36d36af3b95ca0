using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using NodeDns.EndToEnd.Cluster;
using NodeDns.EndToEnd.Continuity;
using NodeDns.Testing;

namespace NodeDns.EndToEnd.Talkers;

/// <summary>Two pods ask, one for a name that does not exist, 200 times a second: it is named without a capture and without a
/// restart.</summary>
[Collection(Order.Installed)]
public sealed partial class TalkersTests : IDisposable
{
    private const string Ns = "asking";
    private const string Loud = "loud";
    private const string Quiet = "quiet";
    private const string NoName = "no-such-service.asking.svc.cluster.local";

    private readonly OperatorPath _path = new();
    private readonly Asker _loud;
    private readonly Asker _quiet;

    public TalkersTests()
    {
        Kubectl.Namespace(Ns);
        foreach (var pod in new[] { Loud, Quiet })
        {
            Kubectl.Apply(Pods.Sleeping(Ns, pod).ToJsonString());
        }

        Kubectl.WaitReady(Ns, "pod/" + Loud, "pod/" + Quiet);
        _loud = new Asker(Ns, Loud, Installation.LocalAddress, "udp", 200, NoName);
        _quiet = new Asker(Ns, Quiet, Installation.LocalAddress, "udp", 5);
    }

    public void Dispose()
    {
        _loud.Stop();
        _quiet.Stop();
        _loud.Dispose();
        _quiet.Dispose();
        _path.Dispose();
        Kubectl.Run("delete", "namespace", Ns, "--ignore-not-found", "--wait=false");
    }

    [Fact]
    public async Task Trace_top_the_console_and_the_alert_name_the_pod_that_asks_for_a_name_that_does_not_exist()
    {
        Trace();
        Bad();
        Top();
        await ConsoleAsync();
        Alert();
        AssertDetached();
    }

    private void Trace()
    {
        var traced = Nodedns($"trace -n {Ns} --rcode NXDOMAIN --last 50 --for 30s -o json").Output.TrimEnd().Split('\n').Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(50, traced.Count);
        Assert.All(traced, lookup => Assert.Equal((Ns, Loud, NoName + "."),
            ((string?)lookup["namespace"], (string?)lookup["pod"], (string?)lookup["name"])));
        Assert.Equal(traced.Select(lookup => (string?)lookup["time"]).Order(StringComparer.Ordinal), traced.Select(lookup => (string?)lookup["time"]));

        var quiet = Nodedns($"trace -n {Ns} pod/{Quiet} --last 5 --for 60s").Output.TrimEnd().Split('\n');
        Assert.All(quiet, line => Assert.Contains($" {Ns}/{Quiet} ", line, StringComparison.Ordinal));

        var summary = Nodedns($"trace -n {Ns} --summary --last 300 --for 60s").Output.Split('\n');
        Assert.StartsWith($"{Ns}/{Loud} ", summary[1], StringComparison.Ordinal);
        Assert.Contains(summary, line => line.StartsWith($"{NoName}. A ", StringComparison.Ordinal));
    }

    private void Bad()
    {
        var gone = _path.Type($"kubectl nodedns trace -n {Ns} gone");
        Assert.Equal((2, $"error: there is no pod gone in namespace {Ns}\n"), (gone.ExitCode, gone.Error));
        var nothing = _path.Type($"kubectl nodedns trace -n {Ns} --name nobody.asks.test --for 1s");
        Assert.Equal((0, "", "no lookup matched\n"), (nothing.ExitCode, nothing.Output, nothing.Error));
    }

    private void Top()
    {
        var top = JsonNode.Parse(Nodedns($"top -n {Ns} --sort nxdomain --for 3s -o json").Output)!["clients"]!.AsArray();
        Assert.Equal($"{Ns}/{Loud}", (string?)top[0]!["pod"]);
        Assert.InRange((double)top[0]!["nxdomain"]!, 50, 400);
    }

    /// <summary>Every part of the page, each seen light and dark, wide and narrow.</summary>
    private async Task ConsoleAsync()
    {
        Assert.SkipUnless(ConsoleVisit.IsPossible, "needs chromium: eng/install test");
        await using var console = new ConsoleVisit(_path);
        await console.WithinAsync(TimeSpan.FromMinutes(5), async () =>
        {
            await console.OpenAsync();
            var top = await console.GoAsync("top");
            await top.GetByLabel("Sort by").SelectOptionAsync("nxdomain");
            await Assertions.Expect(top.Locator("[data-clients] tbody tr").First).ToContainTextAsync($"{Ns}/{Loud}");
            await console.LookAsync("top");

            var trace = await console.GoAsync("trace");
            await trace.GetByLabel("Namespace").FillAsync(Ns);
            await trace.GetByLabel("Code").SelectOptionAsync("NXDOMAIN");
            await trace.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();
            await Assertions.Expect(trace.Locator("[data-pods] tbody")).ToContainTextAsync($"{Ns}/{Loud}");
            await Assertions.Expect(trace.Locator("[data-names] tbody")).ToContainTextAsync($"{NoName}. A");
            await Assertions.Expect(trace.Locator("[data-pods]")).Not.ToContainTextAsync($"{Ns}/{Quiet}");
            await trace.GetByRole(AriaRole.Button, new() { Name = "Stop", Exact = true }).ClickAsync();
            await Assertions.Expect(trace.Locator("[data-when]")).ToContainTextAsync("stopped after");
            await console.LookAsync("trace");

            var node = await console.GoAsync("node");
            var name = Kubectl.Run("get", "pod", "-n", Ns, Loud, "-o", "jsonpath={.spec.nodeName}");
            await Assertions.Expect(node.Locator("[data-nodes] tbody tr").Filter(new() { HasText = name })).ToContainTextAsync("serves");
            await Assertions.Expect(node.Locator("[data-detail]")).ToContainTextAsync("Upstream servers of");
            await console.LookAsync("node");

            var move = await console.GoAsync("move");
            await Assertions.Expect(move.Locator("[data-namespaces] tbody")).ToContainTextAsync(Ns);
            await move.Locator("select[name=namespace]").SelectOptionAsync(Ns);
            await move.GetByLabel("also those with nothing to do").CheckAsync();
            await Assertions.Expect(move.Locator("[data-workloads] tbody tr")).ToContainTextAsync([$"{Ns}/pod/{Loud}", $"{Ns}/pod/{Quiet}"]);
            await console.LookAsync("move");
        });
        Assert.Equal(0, console.Interrupt());
        Assert.Empty(console.Complaints);
    }

    /// <summary>Over seconds in place of minutes, which the alert waits for.</summary>
    private static void Alert()
    {
        Assert.SkipUnless(PrometheusServer.IsInstalled, "needs prometheus: eng/install test");
        var expression = Expression().Match(File.ReadAllText(Path.Combine(Tool.ChartFolder, "monitoring", "alerts.yaml"))).Groups[1].Value
            .Replace("CACHE}", "job=\"node-dns-cache\"}", StringComparison.Ordinal).Replace("[5m]", "[10s]", StringComparison.Ordinal);
        using var proxy = Tool.Start(Kubectl.Program, ["proxy", "--port=0"]);
        try
        {
            var port = ServesOn().Match(Tool.FirstLine(proxy)).Groups[1].Value;
            using var prometheus = new PrometheusServer(
                $$"""
                - job_name: node-dns-cache
                  scrape_interval: 2s
                  scrape_timeout: 2s
                  metrics_path: /api/v1/namespaces/{{Installation.Namespace}}/pods/{{Installation.CachePodOn(Pods.NodeOf(Ns, Loud))}}:9253/proxy/metrics
                  static_configs: [{targets: ['127.0.0.1:{{port}}']}]
                """,
                "count(up == 1) == 1");
            var address = Kubectl.Run("get", "pod", "-n", Ns, Loud, "-o", "jsonpath={.status.podIP}");
            var waited = Stopwatch.StartNew();
            while (prometheus.Ask($"{expression} and on (client) label_replace(vector(1), \"client\", \"{address}\", \"\", \"\")").Count == 0)
            {
                Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), $"{expression}: not {address}");
            }

            Assert.Single(prometheus.Ask(expression));
        }
        finally
        {
            proxy.Kill();
        }
    }

    /// <summary>Where the node's processes are this machine's.</summary>
    private static void AssertDetached()
    {
        var waited = Stopwatch.StartNew();
        while (Tool.Run("pgrep", "-f", "^/node-dns-cache trace").ExitCode == 0)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(20), "a trace goes on after its command line has ended");
        }
    }

    private Tool Nodedns(string arguments)
    {
        var run = _path.Type("kubectl nodedns " + arguments);
        Assert.True(run.ExitCode == 0, $"kubectl nodedns {arguments}: {run.ExitCode}\n{run.Output}{run.Error}");
        return run;
    }

    [GeneratedRegex(@"alert: NodeDnsClientNxdomainStorm\n\s+expr: (.*)\n")]
    private static partial Regex Expression();

    [GeneratedRegex(@":(\d+)\s*$")]
    private static partial Regex ServesOn();
}

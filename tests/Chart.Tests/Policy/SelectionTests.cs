using System.Diagnostics;
using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests.Policy;

/// <summary>Which pods are in, asked of a real API server: selectors and conditions are the webhook configuration's too.</summary>
public sealed class SelectionTests(ApiServer server, Policies policies) : IClassFixture<Policies>
{
    private static readonly string[] s_optIn = ["--set", "selection.mode=optIn"];
    private static readonly string[] s_optOut = ["--set", "selection.mode=optOut"];

    [Theory]
    [MemberData(nameof(WebhookTests.Choices), MemberType = typeof(WebhookTests))]
    public void Labels_of_namespace_and_pod_choose(string mode, string? ns, string? pod, string? nsCompat, string? podCompat, bool isIn)
    {
        policies.Require();
        policies.Install([s_optIn, s_optOut]);
        var name = $"choice-{ns}-{nsCompat}-0";
        server.Namespace(name);
        server.Do("label", "namespace", name, "--overwrite", Label("nodedns.io/inject", ns), Label("node-local-dns-injection", nsCompat));
        var created = Policies.Pod(name, "one");
        foreach (var (label, value) in new[] { ("nodedns.io/inject", pod), ("node-local-dns-injection", podCompat) })
        {
            if (value is not null)
            {
                created["metadata"]!.AsObject().TryAdd("labels", new JsonObject());
                created["metadata"]!["labels"]![label] = value;
            }
        }

        // Namespaces come to the policies by a watch, a moment after they were written.
        string? policy = null;
        var deadline = Stopwatch.StartNew();
        do
        {
            policy = (string?)policies.Create(mode == "optIn" ? s_optIn : s_optOut, created).Object["spec"]?["dnsPolicy"];
        }
        while (policy != (isIn ? "None" : "ClusterFirst") && deadline.Elapsed < TimeSpan.FromMinutes(2));
        Assert.Equal(isIn ? "None" : "ClusterFirst", policy);
    }

    private static string Label(string name, string? value) => value is null ? name + "-" : $"{name}={value}";
}

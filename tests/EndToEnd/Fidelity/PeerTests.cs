using System.Text.Json.Nodes;
using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Fidelity;

/// <summary>The example pods of other injectors' documentation, through a real API server.</summary>
[Collection(Order.Installed)]
public sealed class PeerTests
{
    private static readonly string s_folder = Path.Combine(Tool.Checkout, "tests", "Webhook.Tests", "peers");

    private static readonly JsonObject s_expected =
        JsonNode.Parse(File.ReadAllText(Path.Combine(s_folder, "expected.json")))!.AsObject();

    public static TheoryData<string> Names => [.. s_expected.Select(pair => pair.Key)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_pod_is_admitted_and_injected_or_left_as_it_is(string name)
    {
        var text = File.ReadAllText(Path.Combine(s_folder, name + ".json"));
        var admitted = Kubectl.DryRun(text, Installation.Labelled).Object["spec"]!;
        if ((string?)s_expected[name] == "injected")
        {
            Assert.Equal("None", (string?)admitted["dnsPolicy"]);
            Assert.Equal(Installation.LocalAddress, (string?)admitted["dnsConfig"]!["nameservers"]![0]);
            return;
        }

        var submitted = JsonNode.Parse(text)!["spec"]!;
        Assert.Equal((string?)submitted["dnsPolicy"] ?? "ClusterFirst", (string?)admitted["dnsPolicy"]);
        Assert.True(JsonNode.DeepEquals(submitted["dnsConfig"], admitted["dnsConfig"]), admitted["dnsConfig"]?.ToJsonString());
    }
}

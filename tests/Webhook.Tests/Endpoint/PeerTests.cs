using System.Text.Json.Nodes;
using NodeDns.Webhook.Tests.Fidelity;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Endpoint;

/// <summary>The example pods of other injectors' documentation; see peers/README.md.</summary>
public sealed class PeerTests
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "peers");

    public static TheoryData<string, string> Expected()
    {
        var data = new TheoryData<string, string>();
        foreach ((var name, var reason) in Read("expected").AsObject())
        {
            data.Add(name, (string)reason!);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Expected))]
    public void Pod_of_a_peers_documentation_comes_up(string name, string expected)
    {
        var pod = Read(name);

        var answer = Handlers.New().Answer(Pods.Review(pod.DeepClone()));

        Assert.Equal(expected, answer.Reason() ?? "injected");
        var patched = Pods.Apply(pod, answer);
        Assert.True(ApiServerModel.Accepts(patched));
        if (expected == "injected")
        {
            Assert.Equal("169.254.20.10", (string?)patched["spec"]!["dnsConfig"]!["nameservers"]![0]);
        }
    }

    [Fact]
    public void Every_pod_has_an_expectation() =>
        Assert.Equal(
            Directory.GetFiles(s_folder, "*.json").Select(path => Path.GetFileNameWithoutExtension(path))
                .Where(name => name != "expected").Order(),
            Read("expected").AsObject().Select(pair => pair.Key).Order());

    private static JsonNode Read(string name) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(s_folder, name + ".json")))!;
}

using System.Text.Json.Nodes;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Fuzz;

/// <summary>What fuzzing begins with: the cases' reviews and every peer's example pod.</summary>
internal static class ReviewCorpus
{
    public static List<string> Read() =>
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "cases"), "*.in.json").Order()
            .Select(File.ReadAllText),
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "peers"), "*.json").Order()
            .Select(path => Pods.Review(JsonNode.Parse(File.ReadAllText(path))).ToJsonString()),
    ];
}

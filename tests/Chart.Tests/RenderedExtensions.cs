using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

/// <summary>Short ways into rendered objects.</summary>
internal static class RenderedExtensions
{
    /// <summary>The node at a path such as "spec.template.spec.containers.0.image"; null when a part is missing. A dot within a name
    /// has a backslash before it.</summary>
    public static JsonNode? At(this JsonNode node, string path) => path.Replace(@"\.", "\0", StringComparison.Ordinal).Split('.')
        .Select(part => part.Replace('\0', '.')).Aggregate((JsonNode?)node, (current, part) => current switch
        {
            JsonArray list when int.TryParse(part, out var index) => index < list.Count ? list[index] : null,
            JsonObject map => map[part],
            _ => null,
        });

    public static string Text(this JsonNode node, string path) => node.At(path)?.ToString() ?? "";

    public static JsonNode Container(this JsonNode workload, string name) =>
        Assert.Single(workload.At("spec.template.spec.containers")!.AsArray(), c => (string?)c!["name"] == name)!;

    public static string[] Strings(this JsonNode node, string path) =>
        [.. (node.At(path)?.AsArray() ?? []).Select(item => item!.ToString())];
}

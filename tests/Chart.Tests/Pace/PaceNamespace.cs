using System.Globalization;
using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests.Pace;

/// <summary>One of many namespaces that have opted in; three of four have settings of their own in an annotation.</summary>
internal sealed record PaceNamespace(int Number)
{
    public string Name => string.Create(CultureInfo.InvariantCulture, $"pace-{Number:00000}");

    public static PaceNamespace Named(string name) => new(int.Parse(name.AsSpan(name.IndexOf('-', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture));

    public string Object => new JsonObject
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = Name,
            ["labels"] = new JsonObject { ["nodedns.io/inject"] = "enabled" },
            ["annotations"] = Annotation is var (key, value) ? new JsonObject { ["nodedns.io/" + key] = value } : [],
        },
    }.ToJsonString();

    /// <summary>The dnsConfig that its pods must have.</summary>
    public JsonNode DnsConfig
    {
        get
        {
            var (key, value) = Annotation ?? ("", "");
            JsonArray servers = key == "fallback" ? ["169.254.20.10"] : ["169.254.20.10", "10.96.0.10"];
            JsonArray options = [Option("ndots", key == "ndots" ? value : "5")];
            if (key == "timeout")
            {
                options.Add(Option(key, value));
            }

            return new JsonObject
            {
                ["nameservers"] = servers,
                ["searches"] = new JsonArray($"{Name}.svc.cluster.local", "svc.cluster.local", "cluster.local"),
                ["options"] = options,
            };
        }
    }

    private (string Key, string Value)? Annotation => (Number % 4) switch
    {
        1 => ("ndots", $"{Number % 16}"),
        2 => ("timeout", $"{1 + (Number % 30)}"),
        3 => ("fallback", "none"),
        _ => null,
    };

    private static JsonObject Option(string name, string value) => new() { ["name"] = name, ["value"] = value };
}

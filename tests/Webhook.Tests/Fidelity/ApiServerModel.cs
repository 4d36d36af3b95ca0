using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace NodeDns.Webhook.Tests.Fidelity;

/// <summary>Whether the API server (Kubernetes 1.34, which takes underscores) would accept a pod's DNS settings,
/// written from its documented rules and independently of <c>ApiLimits</c>.</summary>
internal static partial class ApiServerModel
{
    public static bool Accepts(JsonNode pod)
    {
        var spec = pod["spec"]!;
        var policy = (string?)spec["dnsPolicy"];
        if (policy is not (null or "ClusterFirst" or "ClusterFirstWithHostNet" or "Default" or "None"))
        {
            return false;
        }

        var nameservers = Strings(spec["dnsConfig"]?["nameservers"]);
        var searches = Strings(spec["dnsConfig"]?["searches"]);
        var options = spec["dnsConfig"]?["options"] as JsonArray ?? [];
        return (policy != "None" || nameservers.Length > 0)
            && nameservers.Length <= 3 && nameservers.All(IsAddress)
            && searches.Length <= 32 && string.Join(' ', searches).Length <= 2048 && searches.All(IsSearch)
            && options.All(option => (string?)option!["name"] is { Length: > 0 });
    }

    /// <summary>Zeros may lead in an old field like this one (ParseIPSloppy).</summary>
    private static bool IsAddress(string text) => text.Contains(':')
        ? IPAddress.TryParse(text, out _) && !text.AsSpan().ContainsAny('%', '[', '/')
        : text.Split('.') is { Length: 4 } parts && parts.All(part =>
            part.Length > 0 && part.All(char.IsAsciiDigit) && int.TryParse(part, out var number) && number <= 255);

    private static bool IsSearch(string text) =>
        text == "." || (text.TrimSuffixDot() is { Length: > 0 and <= 253 } name && NamePattern().IsMatch(name));

    private static string TrimSuffixDot(this string text) => text.EndsWith('.') ? text[..^1] : text;

    private static string[] Strings(JsonNode? list) => [.. (list as JsonArray ?? []).Select(item => (string)item!)];

    [GeneratedRegex(@"^_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex NamePattern();
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.JsonPatch.SystemTextJson;

namespace NodeDns.Chart.Tests.Policy;

/// <summary>One of the webhook's pairs of files (tests/Webhook.Tests/cases): a review, its answer, and the flags it was given with.</summary>
internal sealed class PolicyCase
{
    private static readonly string s_folder = Path.Combine(Tool.Checkout, "tests", "Webhook.Tests", "cases");

    private static readonly Lazy<string> s_version = new(() => Rendered.With().One("DaemonSet", "nd-cache").Text("metadata.labels.app\\.kubernetes\\.io/version"));

    private readonly string _name;
    private readonly JsonNode _request;
    private readonly JsonNode _response;

    public PolicyCase(string name)
    {
        _name = name;
        _request = Read(".in.json")["request"]!;
        _response = Read(".out.json")["response"]!;
    }

    public static IEnumerable<string> Names =>
        Directory.GetFiles(s_folder, "*.in.json").Select(path => Path.GetFileName(path)[..^".in.json".Length]).Order(StringComparer.Ordinal);

    /// <summary>What the API server sends to a webhook for pods, and evaluates a policy for: creations of pods in namespaces.</summary>
    public bool IsCreationOfPod => (string?)_request["operation"] == "CREATE" && (string?)_request["resource"]?["resource"] == "pods"
        && _request["subResource"] is null && Namespace.Length > 0;

    public string Namespace => (string?)_request["namespace"] ?? "";

    public bool WebhookWarns => _response["warnings"] is not null;

    public bool WebhookPatches => _response["patch"] is not null;

    public JsonNode Pod
    {
        get
        {
            var pod = _request["object"]!.DeepClone();
            pod["metadata"] ??= new JsonObject();
            pod["metadata"]!["namespace"] = Namespace;
            return pod;
        }
    }

    /// <summary>The pod with the webhook's patch.</summary>
    public JsonNode PodOfWebhook
    {
        get
        {
            var pod = Pod;
            if (_response["patch"] is { } patch)
            {
                // The webhook has seen the pod as its author sent it; the API server has a null nowhere.
                JsonSerializer.Deserialize<JsonPatchDocument>(patch.ToJsonString().Replace("VERSION", s_version.Value, StringComparison.Ordinal))!.ApplyTo(pod);
            }

            return pod;
        }
    }

    /// <summary>The flags as arguments of helm; those that no value stands for are left out.</summary>
    public string[] Values => [.. Flags(_name).SelectMany(pair => AsValues(pair.Flag, pair.Value))];

    public static string[] ValuesOf(string name) => [.. Flags(name).SelectMany(pair => AsValues(pair.Flag, pair.Value))];

    private static IEnumerable<(string Flag, string Value)> Flags(string name)
    {
        var path = Path.Combine(s_folder, name + ".args");
        return File.Exists(path)
            ? File.ReadAllText(path).Split(' ', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Chunk(2).Select(pair => (pair[0], pair[1]))
            : [];
    }

    private static IEnumerable<string> AsValues(string flag, string value) => (flag, value) switch
    {
        ("--local-address", "none" or "127.0.0.1") or (_, "auto") => [],
        ("--local-address", _) => ["--set", $"dns.localAddresses={{{value}}}"],
        ("--cluster-dns", _) => ["--set", $"dns.clusterDNS={{{value}}}"],
        ("--cluster-domain", _) => ["--set", $"dns.clusterDomain={value}"],
        ("--host-searches", _) => ["--set", $"dns.hostSearches={{{value}}}"],
        ("--fallback", _) => ["--set", $"dns.fallback={value},webhook.probe=false"],
        ("--options", _) => ["--set", string.Join(',', value.Split(',').Select(option => "dns.options." + option.Replace(':', '=') + (option.Contains(':') ? "" : "=")))],
        ("--compat-label", _) => ["--set", $"selection.compatLabel={value}"],
        ("--inject-host-network", _) => ["--set", $"selection.injectHostNetwork={value}"],
        ("--excluded-namespaces", _) => ["--set", $"selection.excludedNamespaces={{{value}}}"],
        ("--ignore-skip-rules", _) => ["--set", $"selection.ignoreSkipRules={{{value}}}"],
        ("--max-searches" or "--max-search-chars" or "--resolv-conf" or "--probe" or "--probe-port" or "--probe-seconds" or "--probe-timeout-ms", _) => [],
        _ => throw new InvalidOperationException($"{flag} of a case is not known here"),
    };

    private JsonNode Read(string suffix) => JsonNode.Parse(File.ReadAllText(Path.Combine(s_folder, _name + suffix)))!;
}

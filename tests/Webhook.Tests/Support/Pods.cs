using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.JsonPatch.SystemTextJson;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;

namespace NodeDns.Webhook.Tests.Support;

/// <summary>AdmissionReviews around pods, and what comes back.</summary>
internal static class Pods
{
    public static JsonObject Review(JsonNode? pod, string @namespace = "web") => new()
    {
        ["kind"] = "AdmissionReview",
        ["apiVersion"] = "admission.k8s.io/v1",
        ["request"] = new JsonObject
        {
            ["uid"] = "7a1f0c9e-0000-4000-8000-000000000001",
            ["kind"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["kind"] = "Pod" },
            ["resource"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["resource"] = "pods" },
            ["namespace"] = @namespace,
            ["operation"] = "CREATE",
            ["object"] = pod,
            ["dryRun"] = false,
        },
    };

    public static JsonObject Pod(params (string Path, JsonNode? Value)[] members)
    {
        var pod = (JsonObject)JsonNode.Parse(
            """
            {"kind":"Pod","apiVersion":"v1","metadata":{"name":"busybox"},
             "spec":{"containers":[{"name":"busybox","image":"busybox"}],"dnsPolicy":"ClusterFirst"}}
            """)!;
        foreach ((var path, var value) in members)
        {
            var parent = pod;
            var names = path.Split(':');
            foreach (var name in names[..^1])
            {
                parent = (JsonObject)(parent[name] ??= new JsonObject());
            }

            parent[names[^1]] = value;
        }
        return pod;
    }

    /// <summary>A view of any JSON.</summary>
    public static JsonElement View(string json)
    {
        Assert.Null(JsonText.TryParse(Encoding.UTF8.GetBytes(json), out var document));
        return document!.RootElement;
    }

    /// <summary>What a namespace with this label and these annotations says.</summary>
    public static NamespaceSettings Namespace(
        bool? label = null, DnsModel? dns = null, params (string Name, string Value)[] annotations)
    {
        var metadata = new JsonObject
        {
            ["labels"] = label is { } inject
                ? new JsonObject { ["nodedns.io/inject"] = inject ? "enabled" : "disabled" } : null,
            ["annotations"] = new JsonObject(
                annotations.Select(pair => KeyValuePair.Create("nodedns.io/" + pair.Name, (JsonNode?)pair.Value))),
        };
        return NamespaceSettings.Read(
            View(metadata.ToJsonString()), new(dns ?? Handlers.Dns, new SelectionModel()), new Warnings());
    }

    /// <summary>The patch of a response, decoded; null when it has none.</summary>
    public static JsonArray? Patch(JsonNode response) =>
        response["response"]!["patch"] is { } patch
            ? (JsonArray)JsonNode.Parse(Convert.FromBase64String((string)patch!))!
            : null;

    /// <summary>The pod as the API server would have it after the response, by a JSON Patch library not ours.</summary>
    public static JsonNode Apply(JsonNode pod, JsonNode response)
    {
        var patched = pod.DeepClone();
        if (Patch(response) is { } patch)
        {
            JsonSerializer.Deserialize<JsonPatchDocument>(patch.ToJsonString())!.ApplyTo(patched);
        }

        return patched;
    }
}

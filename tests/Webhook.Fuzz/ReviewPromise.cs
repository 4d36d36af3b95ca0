using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.JsonPatch.SystemTextJson;
using NodeDns.Webhook.Tests.Fidelity;

namespace NodeDns.Webhook.Fuzz;

/// <summary>What the webhook promises for any bytes: an AdmissionReview that allows; a patch, if there is one, touches
/// our own paths only and leaves a pod that the API server accepts.</summary>
internal static class ReviewPromise
{
    private const int MaxWarningChars = 4096;

    private static readonly string[] s_ourPaths =
        ["/spec/dnsPolicy", "/spec/dnsConfig", "/metadata/annotations", "/metadata/annotations/nodedns.io~1status"];

    /// <exception cref="InvalidOperationException">The promise is broken.</exception>
    public static void Check(byte[] body, int statusCode, ReadOnlyMemory<byte> reply)
    {
        var answer = JsonNode.Parse(reply.Span)!;
        var response = answer["response"]!;
        Hold((string?)answer["kind"] == "AdmissionReview", "the answer is no AdmissionReview");
        Hold((bool)response["allowed"]!, "the answer does not allow");
        if (statusCode == 400)
        {
            Hold((string?)response["status"]!["message"] is { Length: > 0 }, "a rejection without a message");
            return;
        }
        Hold(statusCode == 200, "neither 200 nor 400");
        Hold(response["patch"] is null == response["patchType"] is null, "patch and patchType go together");
        Hold((response["warnings"] as JsonArray ?? []).Sum(warning => ((string)warning!).Length) <= MaxWarningChars,
            "more warnings than the API server shows in full");
        if (response["patch"] is not { } encoded)
        {
            return;
        }

        var patch = (JsonArray)JsonNode.Parse(Convert.FromBase64String((string)encoded!))!;
        var undone = (string?)response["auditAnnotations"]!["decision"] == "undone";
        foreach (var operation in patch)
        {
            Hold(
                (string?)operation!["op"] == "add" || (undone && (string?)operation["op"] == "remove"),
                "an operation other than add, or than remove where a change is taken back");
            Hold(s_ourPaths.Contains((string?)operation["path"]), "a path that is not ours");
        }
        if (Pod(body) is not { } pod)
        {
            return;
        }

        JsonSerializer.Deserialize<JsonPatchDocument>(patch.ToJsonString())!.ApplyTo(pod);
        Hold(ApiServerModel.Accepts(pod), "a pod that the API server rejects");
        Hold(
            (string?)pod["spec"]!["dnsPolicy"] == "None" != undone,
            "a patch that leaves dnsPolicy, or that takes it back to None");
    }

    /// <summary>Null when a member is there twice, which the model of the API server does not take.</summary>
    private static JsonNode? Pod(byte[] body)
    {
        try
        {
            var strict = new JsonDocumentOptions { MaxDepth = 256, AllowDuplicateProperties = false };
            return JsonNode.Parse(body, documentOptions: strict)!["request"]!["object"];
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Hold(bool promise, string otherwise)
    {
        if (!promise)
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}

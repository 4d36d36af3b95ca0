using System.Text.Json;

namespace NodeDns.Injection.Admission;

/// <summary>Writes AdmissionReviews with a response. Every response allows the pod: refusing is not this webhook's
/// task, and an error here must not keep a pod from starting.</summary>
public static class AdmissionResponse
{
    /// <param name="writer">Writes the review.</param>
    /// <param name="request">The request, whose apiVersion and uid are repeated unchanged.</param>
    /// <param name="patch">A JSON Patch document. If empty, the pod is left unchanged and patchType is left out
    /// too.</param>
    /// <param name="decision">Injected or skipped, for the audit log.</param>
    /// <param name="reason">The reason, for the audit log.</param>
    /// <param name="warnings">Shown to the author of the request.</param>
    public static void Write(
        Utf8JsonWriter writer,
        in AdmissionRequest request,
        ReadOnlySpan<byte> patch,
        string decision,
        string? reason,
        IReadOnlyList<string> warnings)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "AdmissionReview"u8);
        writer.WritePropertyName("apiVersion"u8);
        WriteRaw(writer, request.ApiVersion);
        writer.WriteStartObject("response"u8);
        writer.WritePropertyName("uid"u8);
        WriteRaw(writer, request.Uid);
        writer.WriteBoolean("allowed"u8, true);
        if (patch.Length > 0)
        {
            writer.WriteString("patchType"u8, "JSONPatch"u8);
            writer.WriteBase64String("patch"u8, patch);
        }
        writer.WriteStartObject("auditAnnotations"u8);
        writer.WriteString("decision"u8, decision);
        if (reason is not null)
        {
            writer.WriteString("reason"u8, reason);
        }

        writer.WriteEndObject();
        if (warnings.Count > 0)
        {
            writer.WriteStartArray("warnings"u8);
            for (var i = 0; i < warnings.Count; i++)
            {
                writer.WriteStringValue(warnings[i]);
            }

            writer.WriteEndArray();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Writes the answer to something that is no AdmissionReview. It goes with an HTTP error, which the API
    /// server reports and handles by failurePolicy.</summary>
    public static void WriteError(Utf8JsonWriter writer, int statusCode, string message)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "AdmissionReview"u8);
        writer.WriteString("apiVersion"u8, "admission.k8s.io/v1"u8);
        writer.WriteStartObject("response"u8);
        writer.WriteString("uid"u8, ""u8);
        writer.WriteBoolean("allowed"u8, true);
        writer.WriteStartObject("status"u8);
        writer.WriteNumber("code"u8, statusCode);
        writer.WriteString("message"u8, message);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteRaw(Utf8JsonWriter writer, JsonElement value) =>
        writer.WriteRawValue(value.Raw, skipInputValidation: true);
}

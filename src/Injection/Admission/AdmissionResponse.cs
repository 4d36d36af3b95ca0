using System.Text.Json;

namespace NodeDns.Injection.Admission;

/// <summary>Writes AdmissionReviews with a response. Every one of them allows: to say no is not this webhook's
/// business, and an answer that cannot be given must not cost a pod its start.</summary>
public static class AdmissionResponse
{
    /// <param name="writer">Receives the review.</param>
    /// <param name="request">Whose apiVersion and uid are repeated, byte for byte.</param>
    /// <param name="patch">A JSON Patch document; empty leaves the pod alone, and then patchType is left out
    /// too.</param>
    /// <param name="decision">For the audit log: injected or skipped.</param>
    /// <param name="reason">For the audit log.</param>
    /// <param name="warnings">For whoever made the request.</param>
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

    /// <summary>The answer to what is no AdmissionReview: it goes with an HTTP error, which the API server reports
    /// and treats by failurePolicy.</summary>
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

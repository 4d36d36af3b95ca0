using System.Text.Json;

namespace NodeDns.Webhook.Admission;

/// <summary>Reading that treats an absent member, null and a parent that is no object alike: as Undefined.</summary>
internal static class JsonElementExtensions
{
    public static JsonElement Member(this JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement value)
            && value.ValueKind != JsonValueKind.Null
            ? value
            : default;

    /// <returns>null when the member is not a string.</returns>
    public static string? Text(this JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>True when the member is a string and equal to the text; allocates nothing.</summary>
    public static bool Says(this JsonElement parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text) =>
        parent.Member(name) is { ValueKind: JsonValueKind.String } value && value.ValueEquals(text);

    /// <summary>True for an absent member, for null and for an empty string.</summary>
    public static bool IsEmpty(this JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.Member(name) is var value && (value.IsAbsent() || parent.Says(name, ""u8));

    /// <summary>True for an absent member and for null, which mean the same to the API server.</summary>
    public static bool IsAbsent(this JsonElement value) =>
        value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    public static bool IsAbsentOr(this JsonElement value, JsonValueKind kind) =>
        value.IsAbsent() || value.ValueKind == kind;
}

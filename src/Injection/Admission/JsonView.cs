using System.Runtime.InteropServices;
using System.Text.Json;

namespace NodeDns.Injection.Admission;

/// <summary>Looks into JSON of any shape without failing: an absent member, null, and a member of what is no object are
/// one and the same, none (<c>default</c>).</summary>
/// <remarks>The text must have passed <see cref="JsonText"/>.</remarks>
public static class JsonView
{
    extension(JsonElement value)
    {
        public bool IsAbsent => value.ValueKind == JsonValueKind.Undefined;

        public bool IsObject => value.ValueKind == JsonValueKind.Object;

        public bool IsArray => value.ValueKind == JsonValueKind.Array;

        public bool IsString => value.ValueKind == JsonValueKind.String;

        public bool IsTrue => value.ValueKind == JsonValueKind.True;

        /// <summary>The value as it is written, with its quotes or brackets; empty for none.</summary>
        public ReadOnlySpan<byte> Raw => value.IsAbsent ? default : JsonMarshal.GetRawUtf8Value(value);

        /// <summary>null when the value is no string.</summary>
        public string? AsText => value.IsString ? value.GetString() : null;

        /// <summary>The items of an array, null among them; of other values nothing.</summary>
        public JsonElement.ArrayEnumerator Items => value.IsArray ? value.EnumerateArray() : default;

        /// <summary>The members of an object, null among them; of other values nothing.</summary>
        public JsonElement.ObjectEnumerator Members => value.IsObject ? value.EnumerateObject() : default;

        /// <summary>The first item of an array, or none.</summary>
        public JsonElement First => value.IsArray && value.GetArrayLength() > 0 ? value[0] : default;

        /// <summary>Of several members with the name the last one, as the API server reads them.</summary>
        public JsonElement Member(ReadOnlySpan<byte> name) =>
            value.IsObject && value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null
                ? member
                : default;

        /// <returns>null when the member is not a string.</returns>
        public string? Text(ReadOnlySpan<byte> name) => value.Member(name).AsText;

        /// <summary>True for a string that is equal to the text.</summary>
        public bool Is(ReadOnlySpan<byte> text) => value.IsString && value.ValueEquals(text);

        /// <summary>True when the member is a string and equal to the text; allocates nothing.</summary>
        public bool Says(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text) => value.Member(name).Is(text);

        /// <summary>True for an absent member, for null and for an empty string.</summary>
        public bool IsEmpty(ReadOnlySpan<byte> name) =>
            value.Member(name) is var member && (member.IsAbsent || member.Is(""u8));

        public bool IsAbsentOr(JsonValueKind kind) => value.IsAbsent || value.ValueKind == kind;
    }
}

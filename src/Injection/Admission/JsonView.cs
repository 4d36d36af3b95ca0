using System.Runtime.InteropServices;
using System.Text.Json;

namespace NodeDns.Injection.Admission;

/// <summary>Reads JSON of any shape without throwing. An absent member, null, and a member of something that is not an
/// object all give the same result: no value (<c>default</c>).</summary>
/// <remarks>The text must have been checked by <see cref="JsonText"/>.</remarks>
public static class JsonView
{
    extension(JsonElement value)
    {
        public bool IsAbsent => value.ValueKind == JsonValueKind.Undefined;

        public bool IsObject => value.ValueKind == JsonValueKind.Object;

        public bool IsArray => value.ValueKind == JsonValueKind.Array;

        public bool IsString => value.ValueKind == JsonValueKind.String;

        public bool IsTrue => value.ValueKind == JsonValueKind.True;

        /// <summary>The value's text, including quotes or brackets; empty when there is no value.</summary>
        public ReadOnlySpan<byte> Raw => value.IsAbsent ? default : JsonMarshal.GetRawUtf8Value(value);

        /// <summary>null when the value is not a string.</summary>
        public string? AsText => value.IsString ? value.GetString() : null;

        /// <summary>The items of an array, including null; empty for other values.</summary>
        public JsonElement.ArrayEnumerator Items => value.IsArray ? value.EnumerateArray() : default;

        /// <summary>The members of an object, including null; empty for other values.</summary>
        public JsonElement.ObjectEnumerator Members => value.IsObject ? value.EnumerateObject() : default;

        /// <summary>The first item of an array, if any.</summary>
        public JsonElement First => value.IsArray && value.GetArrayLength() > 0 ? value[0] : default;

        /// <summary>The member with this name. If there are several, the last one, as in the API server.</summary>
        public JsonElement Member(ReadOnlySpan<byte> name) =>
            value.IsObject && value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null
                ? member
                : default;

        /// <returns>null when the member is not a string.</returns>
        public string? Text(ReadOnlySpan<byte> name) => value.Member(name).AsText;

        /// <summary>True when the value is this string.</summary>
        public bool Is(ReadOnlySpan<byte> text) => value.IsString && value.ValueEquals(text);

        /// <summary>True when the member is this string. Allocates nothing.</summary>
        public bool Says(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text) => value.Member(name).Is(text);

        /// <summary>True when the member is absent, null or an empty string.</summary>
        public bool IsEmpty(ReadOnlySpan<byte> name) =>
            value.Member(name) is var member && (member.IsAbsent || member.Is(""u8));

        public bool IsAbsentOr(JsonValueKind kind) => value.IsAbsent || value.ValueKind == kind;
    }
}

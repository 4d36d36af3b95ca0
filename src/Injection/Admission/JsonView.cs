using System.Text;
using System.Text.Json;

namespace NodeDns.Injection.Admission;

/// <summary>One value of a <see cref="JsonIndex"/>, or none: <c>default</c>. <see cref="Member"/> treats an absent
/// member, null and a parent that is no object alike, as none.</summary>
public readonly struct JsonView(JsonIndex index, int at)
{
    private readonly JsonIndex? _index = index;

    /// <summary>Undefined for none.</summary>
    public JsonValueKind Kind => _index is null ? JsonValueKind.Undefined : Raw[0] switch
    {
        (byte)'{' => JsonValueKind.Object,
        (byte)'[' => JsonValueKind.Array,
        (byte)'"' => JsonValueKind.String,
        (byte)'t' => JsonValueKind.True,
        (byte)'f' => JsonValueKind.False,
        (byte)'n' => JsonValueKind.Null,
        _ => JsonValueKind.Number,
    };

    public bool IsAbsent => _index is null;

    public bool IsObject => Kind == JsonValueKind.Object;

    public bool IsArray => Kind == JsonValueKind.Array;

    public bool IsString => Kind == JsonValueKind.String;

    public bool IsTrue => Kind == JsonValueKind.True;

    /// <summary>The value as it is written, with its quotes or brackets; empty for none.</summary>
    public ReadOnlySpan<byte> Raw => _index is null ? default : _index.Text(Own.Start, Own.Length);

    /// <summary>null when the value is no string.</summary>
    public string? AsText
    {
        get
        {
            if (!IsString)
                return null;
            return Raw.Contains((byte)'\\') ? Unescape(Raw) : Encoding.UTF8.GetString(Raw[1..^1]);
        }
    }

    /// <summary>The name of a member of an object.</summary>
    public string Name =>
        HasPlainName ? Encoding.UTF8.GetString(RawName) : Unescape([(byte)'"', .. RawName, (byte)'"']);

    /// <summary>The same as it is written, without its quotes.</summary>
    public ReadOnlySpan<byte> RawName =>
        _index!.Text(Own.NameStart, HasPlainName ? Own.NameLength : ~Own.NameLength);

    /// <summary>The members of an object or the items of an array, null among them; of other values nothing.</summary>
    public JsonChildren Children =>
        Kind is JsonValueKind.Object or JsonValueKind.Array ? new JsonChildren(_index!, at + 1, Own.After) : default;

    private ref readonly JsonIndex.Value Own => ref _index!.At(at);

    private bool HasPlainName => Own.NameLength >= 0;

    /// <summary>Of several members with the name the last one, as the API server reads them.</summary>
    public JsonView Member(ReadOnlySpan<byte> name)
    {
        JsonView found = default;
        if (!IsObject)
            return found;
        foreach (JsonView member in Children)
        {
            if (member.IsNamed(name))
                found = member;
        }
        return found.Kind == JsonValueKind.Null ? default : found;
    }

    /// <returns>null when the member is not a string.</returns>
    public string? Text(ReadOnlySpan<byte> name) => Member(name).AsText;

    /// <summary>True when the member is a string and equal to the text; allocates nothing.</summary>
    public bool Says(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text) => Member(name).Is(text);

    /// <summary>True for an absent member, for null and for an empty string.</summary>
    public bool IsEmpty(ReadOnlySpan<byte> name) => Member(name) is var value && (value.IsAbsent || value.Is(""u8));

    /// <summary>True for a string that is equal to the text.</summary>
    public bool Is(ReadOnlySpan<byte> text)
    {
        if (!IsString)
            return false;
        ReadOnlySpan<byte> plain = Raw[1..^1];
        return plain.SequenceEqual(text) || (plain.Contains((byte)'\\') && AsText == Encoding.UTF8.GetString(text));
    }

    public bool IsAbsentOr(JsonValueKind kind) => IsAbsent || Kind == kind;

    public bool IsNamed(ReadOnlySpan<byte> name) => HasPlainName
        ? Own.NameLength == name.Length && RawName.SequenceEqual(name)
        : Name == Encoding.UTF8.GetString(name);

    private static string Unescape(ReadOnlySpan<byte> quoted)
    {
        var reader = new Utf8JsonReader(quoted);
        reader.Read();
        return reader.GetString()!;
    }
}

/// <summary>What a container holds, in its order; for <c>foreach</c>.</summary>
public readonly struct JsonChildren(JsonIndex index, int first, int end)
{
    /// <summary>None when there is nothing inside.</summary>
    public JsonView First => first < end ? new JsonView(index, first) : default;

    public Enumerator GetEnumerator() => new(index, first, end);

    public struct Enumerator(JsonIndex index, int next, int end)
    {
        private int _current;

        public readonly JsonView Current => new(index, _current);

        public bool MoveNext()
        {
            if (next >= end)
                return false;
            _current = next;
            next = index.At(_current).After;
            return true;
        }
    }
}

using System.Text.Json;

namespace NodeDns.Injection.Admission;

/// <summary>Where the values of a JSON text lie. One pass of <see cref="Utf8JsonReader"/> fills it; nothing is copied
/// out of the text, and the same index serves one text after another.</summary>
/// <remarks>Values stand in the order of the text, what is inside a container behind it:
/// <code>
/// {"a":[1,2],"b":3}   0 {…} after 5 │ 1 "a":[1,2] after 4 │ 2 1 after 3 │ 3 2 after 4 │ 4 "b":3 after 5
/// </code>
/// so that to step over a container costs as much as over a number. JsonDocument takes 11.5 µs for the benchmark's
/// review and this 6.8 µs, of which the reader has 5.6: it looks for no opening bracket when one closes.</remarks>
public sealed class JsonIndex
{
    /// <summary>Of 20 bytes each. A pod has hundreds; a body of 8 MiB could have four million.</summary>
    public const int MaxValues = 1 << 20;

    /// <summary>Deeper than any pod; the default of 64 is within reach of managedFields.</summary>
    private const int MaxDepth = 256;

    /// <summary>What is kept from one text to the next.</summary>
    private const int KeptValues = 1 << 12;

    private static readonly JsonReaderOptions s_options = new() { MaxDepth = MaxDepth };

    private Value[] _values = new Value[512];
    private ArraySegment<byte> _text;

    /// <summary>Indexes a text, which must not change as long as its views are used; the views of the text before are
    /// void.</summary>
    /// <param name="text">To index.</param>
    /// <param name="root">The outermost value.</param>
    /// <returns>null, or why there is none: where the text stops being JSON, or that it has more than
    /// <see cref="MaxValues"/>.</returns>
    public string? TryRead(ArraySegment<byte> text, out JsonView root)
    {
        _text = text;
        root = new JsonView(this, 0);
        try
        {
            return Fill() ? null : $"it has more than {MaxValues} values";
        }
        catch (JsonException e)
        {
            return $"line {e.LineNumber + 1}, byte {e.BytePositionInLine}";
        }
    }

    /// <summary>Lets go of the text, and of what only a large one needs. All views are void.</summary>
    public void Clear()
    {
        _text = default;
        if (_values.Length > KeptValues)
            _values = new Value[KeptValues];
    }

    private bool Fill()
    {
        var reader = new Utf8JsonReader(_text, s_options);
        Value[] values = _values;
        int count = 0;
        // The container that is open; until it closes, its After is the one around it.
        int open = -1;
        int nameStart = 0;
        int nameLength = 0;
        while (reader.Read())
        {
            JsonTokenType token = reader.TokenType;
            int start = (int)reader.TokenStartIndex;
            if (token == JsonTokenType.PropertyName)
            {
                nameStart = start + 1;
                nameLength = reader.ValueIsEscaped ? ~reader.ValueSpan.Length : reader.ValueSpan.Length;
                continue;
            }
            if (token is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                ref Value closed = ref values[open];
                closed.Length = start + 1 - closed.Start;
                open = closed.After;
                closed.After = count;
                continue;
            }
            if (count == values.Length)
            {
                if (count == MaxValues)
                    return false;
                Array.Resize(ref _values, count * 2);
                values = _values;
            }
            ref Value value = ref values[count];
            value.NameStart = nameStart;
            value.NameLength = nameLength;
            value.Start = start;
            if (token is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                value.After = open;
                open = count;
            }
            else
            {
                value.Length = (int)reader.BytesConsumed - start;
                value.After = count + 1;
            }
            count++;
        }
        return true;
    }

    internal ref readonly Value At(int value) => ref _values[value];

    internal ReadOnlySpan<byte> Text(int start, int length) => _text.AsSpan(start, length);

    /// <summary>20 bytes. The name is meaningful only inside an object, and its length is complemented when the name
    /// has escapes.</summary>
    internal struct Value
    {
        public int NameStart;
        public int NameLength;
        public int Start;
        public int Length;

        /// <summary>The value behind this one and all that is inside it.</summary>
        public int After;
    }
}

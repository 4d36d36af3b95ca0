using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace NodeDns.Injection.Admission;

/// <summary>JSON that strangers wrote, checked once for what would otherwise throw at each value that is
/// read.</summary>
public static class JsonText
{
    /// <summary>Of 12 bytes each in a JsonDocument, its names as much again. A pod has hundreds; a body of 8 MiB could
    /// have four million.</summary>
    public const int MaxValues = 1 << 20;

    /// <summary>Deeper than any pod; the default of 64 is within reach of managedFields.</summary>
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 256 };

    /// <param name="json">Must not change as long as the document is used.</param>
    /// <param name="document">To be disposed of by the caller; its views are void then.</param>
    /// <returns>null, or why there is none: where the text stops being JSON, or that it may hold more than
    /// <see cref="MaxValues"/>.</returns>
    public static string? TryParse(ReadOnlyMemory<byte> json, out JsonDocument? document)
    {
        document = null;
        if (MayHoldTooMuch(json.Span))
        {
            return $"it has more than {MaxValues} values";
        }

        try
        {
            document = JsonDocument.Parse(json, s_options);
            return null;
        }
        catch (JsonException e)
        {
            return $"line {e.LineNumber + 1}, byte {e.BytePositionInLine}";
        }
    }

    /// <summary>False when the text is not UTF-8, or when an escape <c>\uD800</c> to <c>\uDFFF</c> has no partner.
    /// Run it on text that is otherwise valid JSON.</summary>
    public static bool IsReadable(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            return false;
        }

        while (true)
        {
            var backslash = json.IndexOf((byte)'\\');
            if (backslash < 0 || backslash + 1 >= json.Length)
            {
                return true;
            }

            json = json[backslash..];
            if (!TryCodeUnit(json, out var unit))
            {
                json = json[2..];
            }
            else if (unit is < 0xD800 or > 0xDFFF)
            {
                json = json[6..];
            }
            else if (unit < 0xDC00 && TryCodeUnit(json[6..], out var low) && low is >= 0xDC00 and <= 0xDFFF)
            {
                json = json[12..];
            }
            else
            {
                return false;
            }
        }
    }

    /// <summary>Every value but the first follows one of these characters, and has at least one of its own.</summary>
    private static bool MayHoldTooMuch(ReadOnlySpan<byte> json) =>
        json.Length > 2 * MaxValues
        && json.Count((byte)',') + json.Count((byte)'[') + json.Count((byte)'{') > MaxValues;

    private static bool TryCodeUnit(ReadOnlySpan<byte> json, out int unit)
    {
        unit = 0;
        return json.Length >= 6 && json.StartsWith("\\u"u8)
            && int.TryParse(json[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out unit);
    }
}

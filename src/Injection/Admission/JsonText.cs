using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace NodeDns.Injection.Admission;

/// <summary>Parses JSON from outside, and checks everything at once that would otherwise throw when a value is
/// read.</summary>
public static class JsonText
{
    /// <summary>The most values. Each takes 12 bytes in a JsonDocument, and so does each name. A pod has hundreds; a
    /// body of 8 MiB could have four million.</summary>
    public const int MaxValues = 1 << 20;

    /// <summary>No pod is nested as deeply. The default of 64 could be reached by managedFields.</summary>
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 256 };

    /// <param name="json">Must not change while the document is used.</param>
    /// <param name="document">The caller disposes the document. Views of it must not be used after that.</param>
    /// <returns>null on success; otherwise why: where the text stops being JSON, or that it may have more than
    /// <see cref="MaxValues"/> values.</returns>
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

    /// <summary>False when the text is not UTF-8, or when an escape from <c>\uD800</c> to <c>\uDFFF</c> has no partner.
    /// The text must otherwise be valid JSON.</summary>
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

    /// <summary>Every value but the first follows one of these characters, and has at least one character of its
    /// own.</summary>
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

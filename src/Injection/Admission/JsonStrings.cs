using System.Globalization;
using System.Text.Unicode;

namespace NodeDns.Injection.Admission;

/// <summary>Checks once what would otherwise throw at each string that is read.</summary>
public static class JsonStrings
{
    /// <summary>False when the text is not UTF-8, or when an escape <c>\uD800</c> to <c>\uDFFF</c> has no partner.
    /// Run it on text that is otherwise valid JSON.</summary>
    public static bool AreReadable(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            return false;
        while (true)
        {
            int backslash = json.IndexOf((byte)'\\');
            if (backslash < 0 || backslash + 1 >= json.Length)
                return true;
            json = json[backslash..];
            if (!TryCodeUnit(json, out int unit))
                json = json[2..];
            else if (unit is < 0xD800 or > 0xDFFF)
                json = json[6..];
            else if (unit < 0xDC00 && TryCodeUnit(json[6..], out int low) && low is >= 0xDC00 and <= 0xDFFF)
                json = json[12..];
            else
                return false;
        }
    }

    private static bool TryCodeUnit(ReadOnlySpan<byte> json, out int unit)
    {
        unit = 0;
        return json.Length >= 6 && json.StartsWith("\\u"u8)
            && int.TryParse(json[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out unit);
    }
}

using System.Globalization;

namespace NodeDns.Cache.Serve;

/// <summary>Parses sizes in Kubernetes' notation: 64Mi, 1Gi, 500M, or a number of octets.</summary>
internal static class ByteSize
{
    private static readonly (string Suffix, long Factor)[] s_suffixes =
        [("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30), ("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000)];

    /// <returns>null when the text is not a size.</returns>
    public static long? Parse(string text)
    {
        long factor = 1;
        foreach ((var suffix, var times) in s_suffixes)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal))
            {
                continue;
            }

            text = text[..^suffix.Length];
            factor = times;
            break;
        }
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= long.MaxValue / factor
                ? number * factor
                : null;
    }
}

using System.Collections.Frozen;
using System.Globalization;

namespace NodeDns.Injection.Decide;

/// <summary>The resolver options that libcs document (resolv.conf(5)), and the ranges that they honour.</summary>
public static class KnownOptions
{
    /// <summary>glibc caps ndots at 15 and so does musl.</summary>
    public const int MaxNdots = 15;

    /// <summary>Seconds. glibc caps a try at 30; for musl it is the whole budget.</summary>
    public const int MaxTimeout = 30;

    /// <summary>glibc caps attempts at 5.</summary>
    public const int MaxAttempts = 5;

    public static readonly FrozenSet<string> Names = FrozenSet.ToFrozenSet([
        "ndots", "timeout", "attempts", "use-vc", "single-request", "single-request-reopen", "rotate", "edns0",
        "trust-ad", "no-aaaa", "no-reload", "no-tld-query", "no-check-names", "inet6", "debug"]);

    /// <summary>The range of a numeric option; false for flags and for names not known here.</summary>
    public static bool TryGetRange(string name, out int min, out int max)
    {
        (min, max) = name switch
        {
            "ndots" => (0, MaxNdots),
            "timeout" => (1, MaxTimeout),
            "attempts" => (1, MaxAttempts),
            _ => (0, -1),
        };
        return max >= 0;
    }

    /// <summary>Says what is wrong with a value for this option, or null when libcs take it as written.</summary>
    public static string? Problem(string name, string? value)
    {
        if (!TryGetRange(name, out var min, out var max))
        {
            return value is not null && Names.Contains(name) ? "expected no value" : null;
        }

        var inRange = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max;
        return inRange ? null : $"expected {min} to {max}";
    }
}

using System.Collections.Frozen;
using System.Globalization;

namespace NodeDns.Injection.Decide;

/// <summary>The resolver options that C libraries document (resolv.conf(5)), and the values that they accept.</summary>
public static class KnownOptions
{
    /// <summary>glibc and musl limit ndots to 15.</summary>
    public const int MaxNdots = 15;

    /// <summary>In seconds. glibc limits one try to 30; for musl this is the time of all tries.</summary>
    public const int MaxTimeout = 30;

    /// <summary>glibc limits attempts to 5.</summary>
    public const int MaxAttempts = 5;

    public static readonly FrozenSet<string> Names = FrozenSet.ToFrozenSet([
        "ndots", "timeout", "attempts", "use-vc", "single-request", "single-request-reopen", "rotate", "edns0",
        "trust-ad", "no-aaaa", "no-reload", "no-tld-query", "no-check-names", "inet6", "debug"]);

    /// <summary>The range of a numeric option. Returns false for flags and for unknown names.</summary>
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

    /// <summary>What is wrong with a value for this option; null when C libraries use it as written.</summary>
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

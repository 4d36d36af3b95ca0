using System.Globalization;
using System.Text.RegularExpressions;

namespace NodeDns.Cache.Scenarios;

/// <summary>Reads a scrape (Prometheus text format 0.0.4) for `metric` steps.</summary>
internal static partial class Metrics
{
    /// <summary>The sum of the series of a name whose labels include all of the given ones.</summary>
    public static double Sum(string scrape, string selector)
    {
        var brace = selector.IndexOf('{', StringComparison.Ordinal);
        var name = brace < 0 ? selector : selector[..brace];
        var wanted = LabelPattern().Matches(brace < 0 ? "" : selector[brace..]).Select(match => match.Value).ToList();
        return scrape.Split('\n')
            .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal)
                || line.StartsWith(name + " ", StringComparison.Ordinal))
            .Where(line => wanted.TrueForAll(label => LabelPattern().Matches(line).Any(match => match.Value == label)))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("[a-z_]+=\"[^\"]*\"")]
    private static partial Regex LabelPattern();
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace NodeDns.Testing;

/// <summary>Reads a scrape (Prometheus text format 0.0.4).</summary>
public static partial class Metrics
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

    /// <summary>What histogram_quantile() of PromQL makes of a histogram: a share of its values is no larger. The value is
    /// interpolated in the bucket in which it lies; infinite in the last one.</summary>
    /// <param name="scrape">The page.</param>
    /// <param name="selector">The histogram's name, without _bucket, and labels.</param>
    /// <param name="share">0 to 1.</param>
    public static double Quantile(string scrape, string selector, double share)
    {
        var brace = selector.IndexOf('{', StringComparison.Ordinal);
        var (name, labels) = brace < 0 ? (selector, "") : (selector[..brace], selector[brace..]);
        var bounds = BoundPattern().Matches(string.Join('\n', scrape.Split('\n').Where(line => line.StartsWith(name + "_bucket{", StringComparison.Ordinal))))
            .Select(match => match.Groups[1].Value).Distinct().OrderBy(Bound);
        var (below, lower) = (0.0, 0.0);
        var rank = share * Sum(scrape, $"{name}_count{labels}");
        foreach (var bound in bounds)
        {
            var (count, upper) = (Sum(scrape, $"{name}_bucket{labels}{{le=\"{bound}\"}}"), Bound(bound));
            if (count >= rank)
            {
                return lower + ((upper - lower) * (rank - below) / (count - below));
            }

            (below, lower) = (count, upper);
        }

        return double.PositiveInfinity;
    }

    private static double Bound(string text) => text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex("le=\"([^\"]+)\"")]
    private static partial Regex BoundPattern();

    [GeneratedRegex("[a-z_]+=\"[^\"]*\"")]
    private static partial Regex LabelPattern();
}

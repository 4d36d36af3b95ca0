using System.Globalization;
using System.Text.RegularExpressions;

namespace NodeDns.Cli.Installed;

/// <summary>A page of metrics in Prometheus's text format.</summary>
internal sealed partial class Scrape
{
    private readonly List<(string Name, string Labels, double Value)> _samples = [];

    public Scrape(string text)
    {
        foreach (Match match in Sample().Matches(text))
        {
            if (double.TryParse(match.Groups["value"].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                _samples.Add((match.Groups["name"].Value, match.Groups["labels"].Value, value));
            }
        }
    }

    /// <summary>The sum of all series with this name whose labels contain the text.</summary>
    public double Sum(string name, string label = "") => _samples
        .Where(sample => sample.Name == name && sample.Labels.Contains(label, StringComparison.Ordinal))
        .Sum(sample => sample.Value);

    /// <summary>The values of a label in all series with this name that are not 0.</summary>
    public IEnumerable<string> Labels(string name, string label) => _samples
        .Where(sample => sample.Name == name && sample.Value != 0)
        .Select(sample => Regex.Match(sample.Labels, $"\\b{label}=\"([^\"]*)\"").Groups[1].Value);

    /// <summary>The series with this name, by the value of a label.</summary>
    public IReadOnlyDictionary<string, double> By(string name, string label)
    {
        var by = new Dictionary<string, double>();
        foreach (var sample in _samples.Where(sample => sample.Name == name))
        {
            var value = Regex.Match(sample.Labels, $"\\b{label}=\"([^\"]*)\"").Groups[1].Value;
            by[value] = by.GetValueOrDefault(value) + sample.Value;
        }

        return by;
    }

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>[^\n]*)\})? (?<value>\S+)", RegexOptions.Multiline)]
    private static partial Regex Sample();
}

namespace NodeDns.Telemetry;

/// <summary>One label and all its values, for a table of series.</summary>
/// <param name="Values">The values, unescaped. Their position is their index in the table.</param>
public readonly record struct MetricDimension(string Label, string[] Values)
{
    public static int Combinations(ReadOnlySpan<MetricDimension> dimensions)
    {
        var product = 1;
        foreach (var dimension in dimensions)
        {
            product *= dimension.Values.Length;
        }

        return product;
    }
}

/// <summary>A run of slots with the same metric name and the same first labels.</summary>
internal sealed record MetricTable(
    int First, int Stride, string SharedLabels, MetricDimension[] Dimensions, bool ShowZero, bool IsSpare)
{
    public string LabelsOf(int combination)
    {
        var labels = "";
        for (var i = Dimensions.Length - 1; i >= 0; i--)
        {
            (var label, var values) = Dimensions[i];
            var one = MetricText.Labels((label, values[combination % values.Length]));
            labels = labels.Length == 0 ? one : $"{one},{labels}";
            combination /= values.Length;
        }
        if (labels.Length == 0)
        {
            return SharedLabels;
        }

        return SharedLabels.Length == 0 ? labels : $"{SharedLabels},{labels}";
    }
}

namespace NodeDns.Bench.Measuring;

/// <summary>Median and quartiles of a few numbers, by linear interpolation.</summary>
internal readonly record struct Statistics(int Count, double Median, double Low, double High)
{
    public static Statistics Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new(sorted.Length, Quantile(sorted, 0.5), Quantile(sorted, 0.25), Quantile(sorted, 0.75));
    }

    private static double Quantile(double[] sorted, double part)
    {
        if (sorted.Length == 0)
        {
            return double.NaN;
        }

        var at = part * (sorted.Length - 1);
        var below = (int)at;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}

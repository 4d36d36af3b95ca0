namespace NodeDns.Bench.Measuring;

/// <summary>What the .NET runtime inside our cache did over the slices of one figure, for a million answers.
/// The scrape that reads it is in it.</summary>
internal sealed record ManagedWork(double CollectionsPerMillion, double AllocatedBytesPerMillion, double Collections, long Answers)
{
    /// <returns>null when the cache does not export its counters.</returns>
    public static ManagedWork? Between(MetricsSnapshot before, MetricsSnapshot after, long answers)
    {
        const string collections = "dotnet_gc_collections_total", allocated = "dotnet_gc_allocated_bytes_total";
        if (after[collections] - before[collections] is not { } ran || after[allocated] - before[allocated] is not { } bytes)
        {
            return null;
        }

        var millions = Math.Max(1, answers) / 1e6;
        return new ManagedWork(ran / millions, bytes / millions, ran, answers);
    }
}

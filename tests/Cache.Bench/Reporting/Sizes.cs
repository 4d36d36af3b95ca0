namespace NodeDns.Bench.Reporting;

/// <summary>Sizes on disk in bytes; null for what is not there.</summary>
internal sealed record Sizes(long? CacheBytes, long? CorednsBytes, IReadOnlyDictionary<string, long> Images)
{
    /// <param name="images">The folder of image archives that `make images` fills; need not exist.</param>
    public static Sizes Of(string cache, string coredns, string images) => new(
        Length(cache), Length(coredns),
        Directory.Exists(images)
            ? Directory.GetFiles(images, "*.tar").Order().ToDictionary(f => Path.GetFileName(f)!, f => new FileInfo(f).Length)
            : new Dictionary<string, long>());

    private static long? Length(string file) => File.Exists(file) ? new FileInfo(file).Length : null;
}

namespace NodeDns.Cli.Cluster;

/// <summary>Which parts of an answer could not be had. The others go on; a whole answer has none.</summary>
internal sealed class Unknowns
{
    private readonly List<string> _parts = [];

    /// <summary>Each says what is unknown, and why.</summary>
    public IReadOnlyList<string> Parts => _parts;

    /// <summary>How to get them, where that is known.</summary>
    public HashSet<string> Remedies { get; } = [];

    public void Add(string what, ClusterException why)
    {
        _parts.Add($"{what}: {why.Message}");
        if (why.Remedy is { } remedy)
        {
            Remedies.Add(remedy);
        }
    }

    /// <returns>false when it failed.</returns>
    public async Task<bool> TryAsync(string what, Func<Task> read)
    {
        try
        {
            await read();
            return true;
        }
        catch (ClusterException e)
        {
            Add(what, e);
            return false;
        }
    }
}

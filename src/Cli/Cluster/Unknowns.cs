namespace NodeDns.Cli.Cluster;

/// <summary>The parts of an answer that could not be read. The other parts are shown; a complete answer has none of
/// these.</summary>
internal sealed class Unknowns
{
    private readonly List<string> _parts = [];

    /// <summary>For each part, what is unknown and why.</summary>
    public IReadOnlyList<string> Parts => _parts;

    /// <summary>How to get them, if that is known.</summary>
    public HashSet<string> Remedies { get; } = [];

    public void Add(string what, ClusterException why)
    {
        _parts.Add($"{what}: {why.Message}");
        if (why.Remedy is { } remedy)
        {
            Remedies.Add(remedy);
        }
    }

    /// <returns>false when reading failed.</returns>
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

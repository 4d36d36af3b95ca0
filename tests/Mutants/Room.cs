namespace NodeDns.Mutants;

/// <summary>A folder of the cache whose code is changed.</summary>
/// <param name="Count">How many of its mutants are tried.</param>
internal sealed record Room(string Name, int Count)
{
    private static readonly Dictionary<string, string> s_folders = new()
    {
        ["Query"] = "src/Cache/Query",
        ["Store"] = "src/Cache/Store",
        ["Upstream"] = "src/Cache/Upstream",
        ["Listen"] = "src/Cache/Listen",
        ["Wire"] = "src/Dns/Wire",
        ["Guard"] = "src/Guard",
        ["Linux"] = "src/Linux",
    };

    public static IReadOnlyCollection<string> Names => s_folders.Keys;

    public string Folder => s_folders[Name];

    /// <summary>"Upstream", or "Upstream:50" for fifty of its mutants.</summary>
    public static Room Parse(string text)
    {
        var words = text.Split(':');
        if (!s_folders.ContainsKey(words[0]))
        {
            throw new ArgumentException($"{text}: expected one of {string.Join(", ", Names)}, and perhaps :COUNT");
        }
        return new Room(words[0], words.Length > 1 ? int.Parse(words[1], null) : int.MaxValue);
    }

    public bool Holds(Mutant mutant) => Holds(mutant.Key);

    /// <param name="key">As <see cref="Mutant.Key"/>.</param>
    public bool Holds(string key) => key.StartsWith(Folder + "/", StringComparison.Ordinal);

    /// <summary>At random, the same ones in every run with that seed.</summary>
    public IEnumerable<Mutant> Choose(IEnumerable<Mutant> mutants, int seed)
    {
        var mine = mutants.Where(Holds).ToArray();
        new Random(seed).Shuffle(mine);
        return mine.Take(Count);
    }
}

namespace NodeDns.Mutants;

/// <summary>Mutants named in a file, one a line: "FILE: BEFORE => AFTER: why it may live". A line that starts with # is a
/// remark.</summary>
/// <remarks>By their text, not by line or number, so that a change elsewhere does not lose them.</remarks>
internal sealed class Survivors
{
    private readonly HashSet<string> _keys;

    private Survivors(IEnumerable<string> lines) => _keys = [.. lines];

    public static Survivors Read(string path) => new(File.ReadLines(path)
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.LastIndexOf(Separator, StringComparison.Ordinal) is var end and >= 0 ? line[..end] : line));

    private const string Separator = "  # ";

    public bool Name(Mutant mutant) => _keys.Contains(mutant.Key);

    /// <summary>The lines that name no mutant any more: their code has changed.</summary>
    public IEnumerable<string> Outdated(IEnumerable<Mutant> mutants, IEnumerable<Room> rooms) => _keys
        .Where(key => rooms.Any(room => room.Holds(key)))
        .Except(mutants.Select(mutant => mutant.Key));
}

namespace NodeDns.Mutants;

/// <summary>One change, which is switched on by its number.</summary>
internal sealed record Mutant(int Id, string File, int Line, string Before, string After)
{
    /// <summary>Says the same in another build, where numbers and lines are others.</summary>
    public string Key { get; } = $"{File}: {OneLine(Before)} => {OneLine(After)}";

    private static string OneLine(string code) =>
        string.Join(' ', code.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}

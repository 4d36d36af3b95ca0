namespace NodeDns.Mutants;

/// <summary>One change, which the environment variable MUTANT switches on by its number.</summary>
internal sealed record Mutant(int Id, string File, int Line, string Before, string After)
{
    public override string ToString() => $"{Id,5}  {File}:{Line}  {Short(Before)}  =>  {Short(After)}";

    private static string Short(string code)
    {
        var line = string.Join(' ', code.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length > 90 ? line[..87] + "..." : line;
    }
}

namespace NodeDns.Mutants;

/// <summary>Which test classes come by which mutant, and whether they notice it.</summary>
/// <param name="only">What the names of classes contain; "" for all.</param>
internal sealed class CoveringTests(MutatedCopy copy, string only)
{
    /// <summary>A mutant that makes a loop endless is noticed by the time.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Dictionary<int, List<string>> _classes = [];

    /// <summary>Runs each class once.</summary>
    /// <exception cref="InvalidOperationException">One fails without any mutant.</exception>
    public void Find()
    {
        var seen = Directory.CreateTempSubdirectory("mutants-").FullName;
        foreach (var name in Shell.Output(copy.Tests, "-list", "classes")
            .Where(line => line.StartsWith("NodeDns.", StringComparison.Ordinal)
                && line.Contains(only, StringComparison.Ordinal)))
        {
            foreach (var file in Directory.GetFiles(seen))
            {
                File.Delete(file);
            }
            if (!Shell.Passes(copy.Tests, ["-class", name], s_patience, ("MUTANTS_SEEN", seen)))
            {
                Console.WriteLine($"left out  {name}: it fails without any mutant");
                continue;
            }
            foreach (var number in Directory.GetFiles(seen).SelectMany(File.ReadLines).Select(int.Parse))
            {
                _classes.TryAdd(number, []);
                _classes[number].Add(name);
            }
        }
        Directory.Delete(seen, recursive: true);
    }

    public bool Reach(Mutant mutant) => _classes.ContainsKey(mutant.Id);

    public bool Notice(Mutant mutant) => Reach(mutant) && !Shell.Passes(
        copy.Tests,
        [.. _classes[mutant.Id].SelectMany(name => new[] { "-class", name }), "-stopOnFail"],
        s_patience,
        ("MUTANT", $"{mutant.Id}"));
}

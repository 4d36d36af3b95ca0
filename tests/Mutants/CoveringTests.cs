namespace NodeDns.Mutants;

/// <summary>A test case, as a runner is told to run it.</summary>
internal sealed record TestCase(string Suite, int Ms, string Serialized);

/// <summary>Which tests come by which mutant, the fastest first.</summary>
internal sealed class CoveringTests
{
    private readonly Dictionary<int, List<TestCase>> _tests = [];

    /// <summary>Runs everything once.</summary>
    /// <remarks>A test that fails without any mutant is told and left out, as it says nothing.</remarks>
    /// <exception cref="InvalidOperationException">A suite does not come to its end without any mutant.</exception>
    public static async Task<CoveringTests> Find(MutatedCopy copy)
    {
        var found = new CoveringTests();
        foreach (var suite in copy.Suites)
        {
            using var host = new Host(copy.Program(suite));
            var end = await host.Ask($"cover {copy.Mutants.Max(mutant => mutant.Id) + 1}", TimeSpan.FromHours(1), line => found.Add(suite, line));
            if (end is not ("passed" or "failed"))
            {
                throw new InvalidOperationException($"{suite} without any mutant: {end}");
            }
        }
        foreach (var tests in found._tests.Values)
        {
            tests.Sort((one, other) => one.Ms.CompareTo(other.Ms));
        }
        return found;
    }

    public IReadOnlyList<TestCase> Of(Mutant mutant) => _tests.GetValueOrDefault(mutant.Id) ?? [];

    private void Add(string suite, string line)
    {
        if (line.Split(' ') is not ["test", var ms, var numbers, var serialized])
        {
            Console.WriteLine($"# {suite} without any mutant: {line}");
            return;
        }
        var test = new TestCase(suite, int.Parse(ms, null), serialized);
        foreach (var number in numbers.Split(',').Select(int.Parse))
        {
            _tests.TryAdd(number, []);
            _tests[number].Add(test);
        }
    }
}

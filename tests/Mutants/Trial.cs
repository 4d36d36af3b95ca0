namespace NodeDns.Mutants;

/// <summary>Turns mutants on, one after the other, and sees whether a test notices.</summary>
internal sealed class Trial(MutatedCopy copy, CoveringTests tests) : IDisposable
{
    /// <summary>A mutant that makes a loop endless is noticed by the time.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, Host> _hosts =
        copy.Suites.ToDictionary(suite => suite, suite => new Host(copy.Program(suite)));

    public async Task<bool> Notices(Mutant mutant)
    {
        foreach (var suite in copy.Suites)
        {
            var mine = tests.Of(mutant).Where(test => test.Suite == suite).ToList();
            if (mine.Count > 0 && await Try(mutant, suite, mine) != "passed")
            {
                return true;
            }
        }
        return false;
    }

    public void Dispose()
    {
        foreach (var host in _hosts.Values)
        {
            host.Dispose();
        }
    }

    private async Task<string> Try(Mutant mutant, string suite, List<TestCase> tests)
    {
        var request = $"try {mutant.Id} {string.Join(' ', tests.Select(test => test.Serialized))}";
        var patience = s_patience + (TimeSpan.FromMilliseconds(tests.Max(test => test.Ms)) * 10);
        var end = await _hosts[suite].Ask(request, patience);
        if (end == "spoilt")
        {
            // By this mutant or by one before it: a new process tells.
            _hosts[suite].Dispose();
            end = await _hosts[suite].Ask(request, patience);
        }
        return end;
    }
}

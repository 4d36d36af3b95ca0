namespace NodeDns.Cache.Scenarios.Search;

/// <summary>How a pod's C library looks a name up: which names it asks for, and at which answer it stops.</summary>
/// <param name="Namespace">Of the pod.</param>
/// <param name="IsMusl">musl stops at the first name that exists, glibc at the first with an address.</param>
internal sealed record StubResolver(string Namespace, bool IsMusl)
{
    private const int Ndots = 5;

    /// <summary>The last one is a node's own.</summary>
    private string[] SearchList => [$"{Namespace}.svc.cluster.local.", "svc.cluster.local.", "cluster.local.", "host.example."];

    /// <param name="ask">Asks for A and AAAA of a name and returns the rcodes and numbers of addresses.</param>
    /// <returns>The name that was found; null when there is none.</returns>
    public async Task<string?> LookUp(string typed, Func<string, Task<Found>> ask)
    {
        var isWhole = typed.EndsWith('.');
        var absolute = isWhole ? typed : typed + ".";
        var manyDots = typed.TrimEnd('.').Count(c => c == '.') >= Ndots;
        IEnumerable<string> names = isWhole || (manyDots && IsMusl) ? [absolute]
            : manyDots ? [absolute, .. SearchList.Select(search => $"{typed}.{search}")]
            : [.. SearchList.Select(search => $"{typed}.{search}"), absolute];
        foreach (var name in names)
        {
            var found = await ask(name);
            if (found == Found.Address || (IsMusl && found != Found.NoName))
            {
                return name;
            }
        }

        return null;
    }
}

internal enum Found
{
    NoName,
    NoAddress,
    Address,
}

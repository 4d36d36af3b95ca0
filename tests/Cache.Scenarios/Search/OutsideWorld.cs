using NodeDns.Testing;

namespace NodeDns.Cache.Scenarios.Search;

/// <summary>The names outside the cluster: everything below six top-level domains, as the upstream servers have it.</summary>
internal static class OutsideWorld
{
    public static readonly string[] TopLevels = ["com", "net", "org", "io", "dev", "app"];

    private const string RootSoa = ". 60 IN SOA a.root. host.root. 1 7200 1800 86400 60";

    public static FakeUpstream Start() => new()
    {
        Otherwise = question =>
        {
            var labels = question.Name.TrimEnd('.').Split('.');
            return labels.Length < 2 || !TopLevels.Contains(labels[^1], StringComparer.OrdinalIgnoreCase)
                ? FakeAnswer.Denial("NXDOMAIN", RootSoa)
                : question.Type == 1 ? FakeAnswer.With($"{question.Name} 30 IN A 192.0.2.1")
                : FakeAnswer.Denial("NOERROR", RootSoa);
        },
    };

    /// <summary>The n-th of some names that pods ask for.</summary>
    public static string Name(int n) => Name(n, TopLevels[n % TopLevels.Length]);

    /// <summary>The n-th of some names below five top-level domains, of which none is called as a namespace.</summary>
    public static string NameOfFive(int n) => Name(n, TopLevels[1 + n % (TopLevels.Length - 1)]);

    private static string Name(int n, string topLevel) =>
        n % 3 == 0 ? $"site{n}.{topLevel}" : $"api{n}.shop{n % 7}.{topLevel}";
}

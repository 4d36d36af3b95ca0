using System.Runtime.CompilerServices;

namespace NodeDns.Cache.Scenarios.Differential;

/// <summary>docs/differences.md.</summary>
internal static class DifferencesPage
{
    public static IEnumerable<string> Headings() => File.ReadAllLines(Path.GetFullPath("../../../../docs/differences.md", Here()))
        .Where(line => line.StartsWith('#')).Select(line => line.TrimStart('#', ' '));

    private static string Here([CallerFilePath] string here = "") => here;
}

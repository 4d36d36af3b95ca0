using System.Globalization;
using NodeDns.Cache.Tests.Query;

namespace NodeDns.Bench.Kinds;

/// <summary>What each kind of hit costs beside the plain one, from the query's octets to the reply's, without
/// sockets.</summary>
/// <remarks>All kinds take turns, in slices of processor time, so that a slow moment hits all of them; the figure of a round is
/// the ratio to the plain hit of the same round.</remarks>
internal static class KindTable
{
    private const int Rounds = 41;
    private const int HitsARound = 20_000;

    public static int Print()
    {
        var plain = HitKind.All["plain"];
        var denial = HitKind.All["denial"];
        List<(string Name, HitRun Run)> kinds =
        [
            .. HitKind.All.Select(kind => (kind.Key, new HitRun(kind.Value))),
            ("plain, --client-metrics off", new HitRun(plain, countsClients: false)),
            ("plain, tap read", new HitRun(plain, tapped: true)),
            ("plain, tap read, --client-metrics off", new HitRun(plain, tapped: true, countsClients: false)),
            ("denial, --client-metrics off", new HitRun(denial, countsClients: false)),
            ("denial, tap read", new HitRun(denial, tapped: true)),
        ];
        var ns = kinds.ToDictionary(kind => kind.Name, _ => new List<double>());
        var ratios = kinds.ToDictionary(kind => kind.Name, _ => new List<double>());
        foreach (var (_, run) in kinds)
        {
            run.Repeat(2 * HitsARound);
        }
        for (var round = 0; round < Rounds; round++)
        {
            var first = 0.0;
            foreach (var (name, run) in kinds)
            {
                var spent = Measure(run);
                first = first == 0 ? spent : first;
                ns[name].Add(spent);
                ratios[name].Add(spent / first);
            }
        }
        Console.WriteLine("| hit | ns | of a plain hit |\n|---|---:|---:|");
        foreach (var (name, run) in kinds)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {name} | {Median(ns[name]):F0} | {Median(ratios[name]):F2} |"));
            run.Dispose();
        }
        return 0;
    }

    private static double Measure(HitRun run)
    {
        var before = Environment.CpuUsage.TotalTime;
        if (run.Repeat(HitsARound) != HitsARound)
        {
            throw new InvalidOperationException("not every question was a hit");
        }
        return (Environment.CpuUsage.TotalTime - before).TotalNanoseconds / HitsARound;
    }

    private static double Median(List<double> figures)
    {
        figures.Sort();
        return figures[figures.Count / 2];
    }
}

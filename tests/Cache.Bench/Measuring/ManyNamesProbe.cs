using NodeDns.Bench.Lab;
using NodeDns.Bench.Peers;

namespace NodeDns.Bench.Measuring;

/// <summary>What a million names that are asked once do to a cache of 64 MiB, which has room for about half of them, and to
/// a thousand names that are asked all the time.</summary>
internal sealed class ManyNamesProbe(TempFolder temp, string tools, Progress progress)
{
    public const int BudgetMiB = 64;

    private const int NamesPerSecond = 30_000;
    private const string Hot = "suffix=hot.example prefix=h types=A names=1000";

    /// <param name="FullBytes">Resident when the budget is used up, after 700,000 names.</param>
    /// <param name="EndBytes">Resident after a million.</param>
    /// <param name="HotMisses">Share of the lookups of hot names that were not answered from memory meanwhile.</param>
    public sealed record Result(double FullBytes, double EndBytes, double HotMisses)
    {
        /// <summary>Growth after the budget was used up, as a share of it.</summary>
        public double Growth => (EndBytes - FullBytes) / (BudgetMiB * 1048576.0);
    }

    public Result Run(Peer peer)
    {
        progress.Say("a million names");
        var folder = temp.Fill("many-names", peer.Files);
        using var server = PinnedProcess.Start(Cores.Server, folder,
            [peer.Program!, "serve", "--conf", $"{folder}/Corefile.many", "--memory", $"{BudgetMiB}Mi"]);
        server.WhenAnswering(peer.Port, "ready.cluster.local");
        Load("pass", peer, Hot);
        Load("closed", peer, $"seconds=0.5 {Hot}");
        using var flood = PinnedProcess.Start(Cores.Load, temp.Fill("flood", new Dictionary<string, string>()),
            [Path.Combine(tools, "flood"), $"port={peer.Port}", $"rate={NamesPerSecond}"]);
        Ask(peer, names: 700_000);
        var full = server.Statistics.ResidentBytes();
        var before = Hits(peer);
        var asked = Ask(peer, names: 300_000);
        return new Result(full, server.Statistics.ResidentBytes(), 1 - (Hits(peer) - before) / asked.Answered);
    }

    /// <summary>Asks hot names until the flood has asked for so many of its own.</summary>
    private LoadResult Ask(Peer peer, int names) =>
        Load("poisson", peer, $"rate=2000 sockets=8 block=1 seconds={names / NamesPerSecond} {Hot}");

    private LoadResult Load(string mode, Peer peer, string options) =>
        LoadResult.Run(Path.Combine(tools, "load"), [mode, $"port={peer.Port}", .. options.Split(' ')]);

    private static double Hits(Peer peer) => MetricsSnapshot.Of(peer)?["coredns_cache_hits_total"] ?? 0;
}

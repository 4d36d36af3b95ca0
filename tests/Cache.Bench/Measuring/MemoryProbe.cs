using NodeDns.Bench.Lab;
using NodeDns.Bench.Peers;

namespace NodeDns.Bench.Measuring;

/// <summary>Resident memory of a fresh process: 1.5 s after its first answer, and after 10,000 A names were stored and asked
/// again for half a second. Both node-local caches run with prefetch and serve_stale on.</summary>
internal sealed class MemoryProbe(TempFolder temp, string tools, Progress progress)
{
    private const int Names = 10_000;

    /// <summary>What is wanted is what a server needs to serve, not to start: ours gives that back after a second.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(1.5);

    public void Run(Peer peer, int runs, Measurements results)
    {
        var empty = new List<double>();
        var filled = new List<double>();
        using var pause = new ManualResetEventSlim();
        for (var run = 1; run <= runs; run++)
        {
            progress.Say($"memory: {peer.Title}, run {run} of {runs}");
            var folder = temp.Fill(peer.Key, peer.Files);
            string[] arguments = [.. peer.Arguments(folder).Select(a => a.EndsWith("/Corefile", StringComparison.Ordinal) ? a + ".all" : a)];
            using var server = PinnedProcess.Start(Cores.Server, folder, [peer.Program!, .. arguments]);
            try
            {
                server.WhenAnswering(peer.Port, "ready.cluster.local");
                pause.Wait(s_settling);
                empty.Add(server.Statistics.ResidentBytes());
                var load = Path.Combine(tools, "load");
                string[] common = [$"port={peer.Port}", $"records={peer.Records}", $"names={Names}", "types=A"];
                LoadResult.Run(load, ["pass", .. common]);
                LoadResult.Run(load, ["closed", "seconds=0.5", .. common]);
                filled.Add(server.Statistics.ResidentBytes());
            }
            catch (BenchException e)
            {
                progress.Warn($"{peer.Title}, memory: {e.Message}");
            }
        }
        results.EmptyBytes[peer.Key] = Statistics.Of(empty);
        results.FilledBytes[peer.Key] = Statistics.Of(filled);
    }
}

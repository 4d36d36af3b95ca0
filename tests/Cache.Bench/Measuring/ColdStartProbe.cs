using System.Globalization;
using NodeDns.Bench.Lab;
using NodeDns.Bench.Peers;

namespace NodeDns.Bench.Measuring;

/// <summary>From fork to the first answer of a name that has to be asked upstream, pages of the program warm
/// (see floor/coldstart.c).</summary>
internal sealed class ColdStartProbe(TempFolder temp, string tools, Progress progress)
{
    public void Run(Peer[] peers, int starts, Measurements results)
    {
        Peer[] measured = [.. peers.Where(p => p.Records > 0)];
        var times = measured.ToDictionary(p => p.Key, _ => new List<double>());
        for (var start = 0; starts > 0 && start <= starts; start++)
        {
            Random.Shared.Shuffle(measured);
            foreach (var peer in measured)
            {
                progress.Say($"cold start: {start} of {starts}, {peer.Title}");
                if (Once(peer) is { } ms && start > 0) // the first one warms the page cache
                {
                    times[peer.Key].Add(ms);
                }
            }
        }
        foreach (var peer in peers.Where(p => p.Records > 0 && times[p.Key].Count > 0))
        {
            results.ColdStartMs[peer.Key] = Statistics.Of(times[peer.Key]);
        }
    }

    private double? Once(Peer peer)
    {
        var folder = temp.Fill(peer.Key, peer.Files);
        string[] command = ["-c", "cd \"$1\"; shift; exec \"$@\"", "sh", folder,
            Path.Combine(tools, "coldstart"), $"{peer.Port}", $"{Cores.Server}", peer.Program!, .. peer.Arguments(folder)];
        var ms = double.Parse(Tool.OnCore(Cores.Load, "/bin/sh", command), CultureInfo.InvariantCulture);
        return ms > 0 ? ms : null;
    }
}

using NodeDns.Bench.Lab;
using NodeDns.Bench.Peers;

namespace NodeDns.Bench.Measuring;

/// <summary>The run: starts every server once, takes the slices of each figure in rounds of random order, then measures
/// memory and start on fresh processes.</summary>
internal sealed class Bench(Plan plan, IReadOnlyList<Peer> peers, string coredns, string tools, Progress progress) : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly Random _order = new();
    private readonly Dictionary<string, PinnedProcess> _running = [];
    private readonly Dictionary<string, long> _nextMiss = [];

    public Measurements Run()
    {
        using var stub = StartStub();
        using var hole = new BlackHole(Ports.Hole);
        using var clusterDns = Start(PeerCatalog.ClusterDns(coredns), Cores.Load).WhenAnswering(Ports.ClusterDns, "ready.cluster.local");
        var results = new Measurements();
        StartPeers(results);

        foreach (var figure in plan.Figures)
        {
            Measure(figure, results);
        }

        StopPeers();

        foreach (var peer in results.Started)
        {
            new MemoryProbe(_temp, tools, progress).Run(peer, plan.MemoryRuns, results);
        }

        if (plan.HasManyNames && results.Started.FirstOrDefault(peer => peer.Key == Peer.Ours) is { } ours)
        {
            results.ManyNames = new ManyNamesProbe(_temp, tools, progress).Run(ours);
        }

        new ColdStartProbe(_temp, tools, progress).Run([.. results.Started], plan.ColdStarts, results);
        return results;
    }

    public void Dispose()
    {
        StopPeers();
        _temp.Dispose();
    }

    private Peer? Ours => peers.FirstOrDefault(p => p.Key == Peer.Ours && _running.ContainsKey(p.Key));

    private void StartPeers(Measurements results)
    {
        foreach (var peer in peers)
        {
            if (peer.Program is null || !File.Exists(peer.Program))
            {
                results.Missing[peer.Key] = "not installed";
                continue;
            }
            progress.Say($"starting {peer.Title}");
            var process = Start(peer, Cores.Server);
            try
            {
                _running[peer.Key] = process.WhenAnswering(peer.Port, "ready.cluster.local");
                results.Started.Add(peer);
            }
            catch (BenchException e)
            {
                process.Dispose();
                results.Missing[peer.Key] = e.Message;
                progress.Warn($"{peer.Title} {e.Message}");
            }
        }
    }

    private void Measure(Figure figure, Measurements results)
    {
        MetricsSnapshot? before = null;
        long answeredBefore = 0;
        Peer[] measured = [.. results.Started.Where(figure.Applies)];
        using var spinner = figure.Spin ? StartSpinner() : null;
        for (var round = 1; round <= figure.Slices; round++)
        {
            if (round == 2) // the first fills caches and pools
            {
                (before, answeredBefore) = (MetricsSnapshot.Of(Ours), results.SeriesOf(figure.Key, Peer.Ours).Answered);
            }

            _order.Shuffle(measured);
            foreach (var peer in measured)
            {
                progress.Say($"{figure.Title}: round {round} of {figure.Slices}, {peer.Title}");
                if (Take(figure, peer, spinner) is { } slice)
                {
                    results.SeriesOf(figure.Key, peer.Key).Add(slice);
                }
            }
        }
        if (before is not null && MetricsSnapshot.Of(Ours) is { } after)
        {
            results.Managed[figure.Key] = ManagedWork.Between(
                before, after, results.SeriesOf(figure.Key, Peer.Ours).Answered - answeredBefore);
        }

        progress.Done(figure.Title, measured.Select(p => (p.Title, results.SeriesOf(figure.Key, p.Key))));
    }

    private Slice? Take(Figure figure, Peer peer, PinnedProcess? spinner)
    {
        var load = Path.Combine(tools, "load");
        try
        {
            if (!figure.IsMiss)
            {
                LoadResult.Run(load, figure.WarmArguments(peer));
            }

            using var flood = figure.Flood is null ? null : StartFlood(figure, peer);
            var server = _running[peer.Key].Statistics;
            var firstName = figure.IsMiss ? _nextMiss.GetValueOrDefault(peer.Key) : 0;
            (HostCpu Server, HostCpu Load) hostBefore = (HostCpu.Read(Cores.Server), HostCpu.Read(Cores.Load));
            long cpuBefore = server.CpuNanoseconds(), spunBefore = spinner?.Statistics.CpuNanoseconds() ?? 0;
            var start = TimeProvider.System.GetTimestamp();
            var result = LoadResult.Run(load, figure.Arguments(peer, firstName));
            var wall = TimeProvider.System.GetElapsedTime(start).TotalNanoseconds;
            var cpu = server.CpuNanoseconds() - cpuBefore;
            var spun = (spinner?.Statistics.CpuNanoseconds() ?? 0) - spunBefore;
            HostCpu used = HostCpu.Read(Cores.Server) - hostBefore.Server, usedByLoad = HostCpu.Read(Cores.Load) - hostBefore.Load;
            if (figure.IsMiss)
            {
                _nextMiss[peer.Key] = firstName + result.Sent;
            }

            return new Slice(
                cpu / 1e3 / Math.Max(1, result.Answered), result.Qps, result.P50Us, result.P90Us, result.P99Us,
                result.Answered, result.Bad, result.Lost,
                OtherShare: Math.Max(0, used.Busy - cpu - spun) / wall,
                StealShare: (used.Steal + usedByLoad.Steal) / (2 * wall));
        }
        catch (BenchException e)
        {
            progress.Warn($"{peer.Title}, {figure.Title}: {e.Message}");
            return null;
        }
    }

    private PinnedProcess Start(Peer peer, int core)
    {
        var folder = _temp.Fill(peer.Key, peer.Files);
        return PinnedProcess.Start(core, folder, [peer.Program!, .. peer.Arguments(folder)]);
    }

    /// <summary>A flood that has filled what it fills.</summary>
    private PinnedProcess StartFlood(Figure figure, Peer peer)
    {
        var folder = _temp.Fill("flood", new Dictionary<string, string>());
        var flood = PinnedProcess.Start(Cores.Load, folder, [Path.Combine(tools, "flood"), .. figure.FloodArguments(peer)]);
        using var pause = new ManualResetEventSlim();
        pause.Wait(TimeSpan.FromSeconds(0.3));
        return flood;
    }

    private PinnedProcess StartStub()
    {
        var folder = _temp.Fill("stub", new Dictionary<string, string>());
        return PinnedProcess.Start(Cores.Load, folder, [Path.Combine(tools, "stub"), $"{Ports.Stub}"])
            .WhenAnswering(Ports.Stub, "ready.bench.example");
    }

    /// <summary>The process itself spins on the server's processor, its child on the other.</summary>
    private PinnedProcess StartSpinner() => PinnedProcess.Start(
        Cores.Server, _temp.Fill("spin", new Dictionary<string, string>()), [Path.Combine(tools, "spin"), $"{Cores.Load}", $"{Cores.Server}"]);

    private void StopPeers()
    {
        foreach (var process in _running.Values)
        {
            process.Dispose();
        }

        _running.Clear();
    }
}

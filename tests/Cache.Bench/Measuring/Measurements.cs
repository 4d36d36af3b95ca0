using NodeDns.Bench.Peers;

namespace NodeDns.Bench.Measuring;

/// <summary>Everything one run found.</summary>
internal sealed class Measurements
{
    private readonly Dictionary<(string Figure, string Peer), Series> _series = [];

    public List<Peer> Started { get; } = [];

    /// <summary>Why a peer was not measured, by its key.</summary>
    public Dictionary<string, string> Missing { get; } = [];

    public Dictionary<string, Statistics> EmptyBytes { get; } = [];

    public Dictionary<string, Statistics> FilledBytes { get; } = [];

    public Dictionary<string, Statistics> ColdStartMs { get; } = [];

    /// <summary>Null when not measured.</summary>
    public ManyNamesProbe.Result? ManyNames { get; set; }

    /// <summary>By figure: what the .NET runtime in our cache did meanwhile; null values when it does not say.</summary>
    public Dictionary<string, ManagedWork?> Managed { get; } = [];

    public Series SeriesOf(string figure, string peer)
    {
        if (!_series.TryGetValue((figure, peer), out var found))
        {
            _series[(figure, peer)] = found = new Series();
        }

        return found;
    }

    /// <summary>One of the figures of a series; null when not measured or not right.</summary>
    public double? Median(string figure, string peer, Func<Series, double> of) =>
        SeriesOf(figure, peer) is { IsEmpty: false, IsWrong: false } s ? of(s) : null;

    /// <summary>Median processor time for an answer in microseconds; null when not measured or not right.</summary>
    public double? CpuUs(string figure, string peer) => Median(figure, peer, s => s.Cpu.Median);
}

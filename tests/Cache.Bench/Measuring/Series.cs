namespace NodeDns.Bench.Measuring;

/// <summary>The slices of one figure of one peer. Slices from noisy moments are left out when three clean ones remain;
/// otherwise all are kept, and <see cref="IsNoisy"/> says so.</summary>
internal sealed class Series
{
    private readonly List<Slice> _slices = [];

    public void Add(Slice slice) => _slices.Add(slice);

    public bool IsEmpty => _slices.Count == 0;

    public bool IsNoisy => _slices.Count(s => s.IsClean) < 3;

    public IReadOnlyList<Slice> Kept => IsNoisy ? _slices : [.. _slices.Where(s => s.IsClean)];

    public Statistics Cpu => Statistics.Of(Kept.Select(s => s.CpuUs));

    public Statistics Qps => Statistics.Of(Kept.Select(s => s.Qps));

    public Statistics P50 => Statistics.Of(Kept.Select(s => s.P50Us));

    public Statistics P99 => Statistics.Of(Kept.Select(s => s.P99Us));

    public long Answered => _slices.Sum(s => s.Answered);

    public long Bad => _slices.Sum(s => s.Bad);

    public long Lost => _slices.Sum(s => s.Lost);

    /// <summary>More wrong answers than one in a hundred: the row is not a result.</summary>
    public bool IsWrong => Bad * 100 > Answered || Lost * 20 > Answered;
}

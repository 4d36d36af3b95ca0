using NodeDns.Cache.Cuts;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Query;

/// <summary>A denial of search_cut that is about to expire. Pooled by the worker that received it.</summary>
internal sealed class CutRenewal(CutLessons owner) : LoopTimer
{
    public CutPoint Point { get; private set; } = null!;

    public ZoneModel Zone { get; private set; } = null!;

    public IForwarder[] Forwarders { get; private set; } = [];

    /// <summary>A reload has replaced the forwarders: the next question asks again, with the new ones.</summary>
    public bool IsRetired => Array.Exists(Forwarders, forwarder => forwarder.IsRetired);

    public void Set(CutPoint point, ZoneModel zone, IForwarder[] forwarders) =>
        (Point, Zone, Forwarders) = (point, zone, forwarders);

    public void Clear() => (Point, Zone, Forwarders) = (null!, null!, []);

    public override void OnTimer() => owner.Renew(this);
}

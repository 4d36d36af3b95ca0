using NodeDns.Cache.Cuts;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Query;

/// <summary>A denial of search_cut that is about to expire. Belongs to the worker that received it.</summary>
internal sealed class CutRenewal(CutLessons owner, CutPoint point, ZoneModel zone, IForwarder[] forwarders) : LoopTimer
{
    public CutPoint Point => point;

    public ZoneModel Zone => zone;

    public IForwarder[] Forwarders => forwarders;

    /// <summary>A reload has replaced the forwarders: the next question asks again, with the new ones.</summary>
    public bool IsRetired => Array.Exists(forwarders, forwarder => forwarder.IsRetired);

    public override void OnTimer() => owner.Renew(this);
}

using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Workloads;

/// <summary>Counts pods by their immediate owner. Pods that are terminating or have run to completion do not
/// count.</summary>
internal sealed class Census(PodJudge judge, IReadOnlyDictionary<string, NamespaceSettings> namespaces, PolicyBook policies)
{
    private static readonly EgressPolicy[] s_none = [];

    private readonly Dictionary<Guid, PodRecord> _pods = [];
    private readonly Dictionary<WorkloadKey, Tally> _tallies = [];
    private readonly Dictionary<WorkloadKey, WorkloadKey> _owners = [];

    /// <summary>The counts, by immediate owner.</summary>
    public IReadOnlyDictionary<WorkloadKey, Tally> Tallies => _tallies;

    /// <summary>The pods whose only nameserver is the cache. Needed by undo.</summary>
    public required LonePods Alone { get; init; }

    /// <summary>Counts a pod that is new or has changed.</summary>
    /// <returns>true when a count has changed.</returns>
    public bool See(JsonElement pod)
    {
        var metadata = pod.Member("metadata"u8);
        var ns = metadata.Text("namespace"u8) ?? "";
        if (ObjectView.IsLeaving(pod) || ObjectView.IsDone(pod) || !namespaces.TryGetValue(ns, out var settings))
        {
            return Forget(pod);
        }

        var (standing, reason) = judge.Judge(pod, ns, settings);
        var blocking = standing is Standing.OnCache or Standing.Pending
            ? policies.Blocking(ns, metadata.Member("labels"u8))
            : s_none;
        var record = new PodRecord(OwnerOf(metadata, ns), standing, reason, blocking);
        Alone.See(pod);
        var uid = Uid(metadata);
        if (_pods.TryGetValue(uid, out var before))
        {
            if (before.Standing == record.Standing && before.Reason == record.Reason && before.Blocking.SequenceEqual(blocking))
            {
                return false;
            }

            TallyOf(before.Owner).Add(before, -1);
        }

        _pods[uid] = record;
        TallyOf(record.Owner).Add(record, 1);
        return true;
    }

    /// <returns>true when the pod was counted before.</returns>
    public bool Forget(JsonElement pod)
    {
        if (!_pods.Remove(Uid(pod.Member("metadata"u8)), out var before))
        {
            return false;
        }

        TallyOf(before.Owner).Add(before, -1);
        return true;
    }

    private Tally TallyOf(WorkloadKey owner)
    {
        if (!_tallies.TryGetValue(owner, out var tally))
        {
            _tallies[owner] = tally = new Tally();
        }

        return tally;
    }

    /// <summary>The pod's controller, else its first owner, else the pod itself. The owner of a static pod is its
    /// node.</summary>
    private WorkloadKey OwnerOf(JsonElement metadata, string ns)
    {
        var owner = Owners.Controller(metadata);
        var key = owner.IsAbsent
            ? new WorkloadKey(ns, "Pod", "", metadata.Text("name"u8) ?? "")
            : new WorkloadKey(
                ns, owner.Text("kind"u8) ?? "", WorkloadKey.GroupOf(owner.Text("apiVersion"u8)), owner.Text("name"u8) ?? "");
        if (_owners.TryGetValue(key, out var known))
        {
            return known;
        }

        _owners[key] = key;
        return key;
    }

    private static Guid Uid(JsonElement metadata) =>
        metadata.Member("uid"u8) is { IsString: true } uid && uid.TryGetGuid(out var guid) ? guid : Guid.Empty;
}

using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Workloads;

/// <summary>The owners of pods' owners: the Deployment or Rollout of a ReplicaSet, the CronJob of a Job. Reads only the
/// metadata of the kinds that occur.</summary>
internal sealed class Owners(ApiClient api)
{
    private static readonly ApiPath[] s_between =
        [ApiPath.ReplicaSets, ApiPath.Jobs, new("", "v1", "replicationcontrollers")];

    private readonly Dictionary<(string Kind, string Namespace, string Name), WorkloadKey> _above = [];

    /// <summary>The ownerReference with <c>controller: true</c>, else the first one; absent when there is
    /// none.</summary>
    public static JsonElement Controller(JsonElement metadata)
    {
        var owners = metadata.Member("ownerReferences"u8);
        foreach (var owner in owners.Items)
        {
            if (owner.Member("controller"u8).IsTrue)
            {
                return owner;
            }
        }

        return owners.First;
    }

    /// <param name="namespace">null for all namespaces.</param>
    /// <param name="kinds">The kinds of the pods' owners.</param>
    /// <param name="unknown">Receives what could not be read.</param>
    /// <param name="cancel">Cancels the operation.</param>
    public async Task ReadAsync(string? @namespace, IReadOnlySet<string> kinds, Unknowns unknown, CancellationToken cancel)
    {
        foreach (var path in s_between)
        {
            var kind = KindOf(path);
            if (kinds.Contains(kind))
            {
                await unknown.TryAsync(
                    $"which workloads own the {path.Resource}",
                    () => new ListReader(api).ReadAsync(path.In(@namespace), ListReader.MetadataOnly, item => Add(kind, item), cancel));
            }
        }
    }

    /// <summary>The owner of a workload; the workload itself when it has no known owner.</summary>
    public WorkloadKey Top(WorkloadKey key) => _above.GetValueOrDefault((key.Kind, key.Namespace, key.Name)) ?? key;

    private void Add(string kind, JsonElement item)
    {
        var owner = Controller(item.Member("metadata"u8));
        if (owner.Text("name"u8) is { } name)
        {
            var ns = ObjectView.Namespace(item);
            _above[(kind, ns, ObjectView.Name(item))] = new WorkloadKey(
                ns, owner.Text("kind"u8) ?? "", WorkloadKey.GroupOf(owner.Text("apiVersion"u8)), name);
        }
    }

    private static string KindOf(ApiPath path) => path.Resource switch
    {
        "replicasets" => "ReplicaSet",
        "jobs" => "Job",
        _ => "ReplicationController",
    };
}

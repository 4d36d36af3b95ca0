namespace NodeDns.Cli.Workloads;

/// <summary>The workload that a pod belongs to: a Deployment rather than its ReplicaSet. A pod without an owner is its
/// own workload.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Kind">The kind, such as <c>Deployment</c>.</param>
/// <param name="Group">The API group, such as <c>apps</c>.</param>
/// <param name="Name">Its name.</param>
internal sealed record WorkloadKey(string Namespace, string Kind, string Group, string Name)
{
    /// <summary>The name as <c>kubectl -o name</c> prints it.</summary>
    public string Reference => $"{Kind.ToLowerInvariant()}{(Group.Length > 0 ? "." + Group : "")}/{Name}";

    /// <summary>A short form for people: <c>deployment/web</c>.</summary>
    public string Short => $"{Kind.ToLowerInvariant()}/{Name}";

    /// <param name="apiVersion">Such as <c>apps/v1</c>.</param>
    public static string GroupOf(string? apiVersion) => apiVersion?.Split('/') is [var group, _] ? group : "";
}

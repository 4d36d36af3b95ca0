namespace NodeDns.Cli.Workloads;

/// <summary>What made a pod, or what made that: a Deployment rather than its ReplicaSet. A pod that nobody made is its
/// own.</summary>
/// <param name="Namespace">Where it is.</param>
/// <param name="Kind">Such as <c>Deployment</c>.</param>
/// <param name="Group">Of its API, such as <c>apps</c>.</param>
/// <param name="Name">Its name.</param>
internal sealed record WorkloadKey(string Namespace, string Kind, string Group, string Name)
{
    /// <summary>As <c>kubectl -o name</c> has it.</summary>
    public string Reference => $"{Kind.ToLowerInvariant()}{(Group.Length > 0 ? "." + Group : "")}/{Name}";

    /// <summary>For people: <c>deployment/web</c>.</summary>
    public string Short => $"{Kind.ToLowerInvariant()}/{Name}";

    /// <param name="apiVersion">Such as <c>apps/v1</c>.</param>
    public static string GroupOf(string? apiVersion) => apiVersion?.Split('/') is [var group, _] ? group : "";
}

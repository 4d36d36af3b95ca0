using NodeDns.Cli.Cluster;
using NodeDns.Cli.Workloads;

namespace NodeDns.Cli.Rollouts;

/// <summary>Adds the label to a namespace, or removes it.</summary>
internal static class NamespaceSwitch
{
    /// <param name="api">The API server to read from.</param>
    /// <param name="namespace">The namespace.</param>
    /// <param name="to">enabled or disabled; null takes the label off.</param>
    /// <param name="dryRun">The API server only checks the request.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <exception cref="ClusterException">The API server refused.</exception>
    public static async Task SetAsync(ApiClient api, string @namespace, string? to, bool dryRun, CancellationToken cancel)
    {
        var value = to is null ? "null" : $"\"{to}\"";
        // A request that has been sent is waited for, also after Ctrl-C, so that what was done can be said.
        cancel.ThrowIfCancellationRequested();
        using var changed = await api.PatchAsync(
            ApiPath.Namespaces.Named(@namespace).With(dryRun ? "dryRun=All" : ""), "application/merge-patch+json",
            "{\"metadata\": {\"labels\": {\"" + NamespaceLabel.Name + "\": " + value + "}}}", CancellationToken.None);
    }
}

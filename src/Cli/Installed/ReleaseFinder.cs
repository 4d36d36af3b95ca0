using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Installed;

/// <summary>Finds the chart's objects by their labels.</summary>
/// <param name="api">The API server.</param>
/// <param name="namespace">The only namespace to look in; null for all, or the usual one if the user may not look in
/// all.</param>
internal sealed class ReleaseFinder(ApiClient api, string? @namespace = null)
{
    /// <summary>The namespace that README.md uses.</summary>
    public const string UsualNamespace = "node-dns";

    public const string InstallLine =
        "helm install node-dns charts/node-dns-webhook --namespace node-dns --create-namespace --set image.registry=REGISTRY";

    /// <exception cref="ClusterException">There is no release (the message has the command that installs one), or the
    /// user may not look for it.</exception>
    public async Task<Release> FindAsync(CancellationToken cancel) =>
        await TryFindAsync(cancel)
        ?? throw new ClusterException(
            "the node cache is not installed in this cluster: no Deployment or DaemonSet has the chart's labels",
            remedy: $"Install it:\n  {InstallLine}");

    /// <returns>null when the chart is not installed.</returns>
    /// <exception cref="ClusterException">The user may not look for it.</exception>
    public async Task<Release?> TryFindAsync(CancellationToken cancel)
    {
        var webhook = await FirstAsync(ApiPath.Deployments, Release.WebhookSelector, cancel);
        var cache = await FirstAsync(ApiPath.DaemonSets, Release.CacheSelector, cancel);
        // With engine policy and no cache, the policy's record is all that has the release's namespace.
        var found = !webhook.IsAbsent ? webhook : !cache.IsAbsent ? cache : await FirstAsync(ApiPath.ConfigMaps, Release.PolicySelector, cancel);
        var metadata = found.Member("metadata"u8);
        return metadata.IsAbsent
            ? null
            : new Release(
                metadata.Text("namespace"u8) ?? UsualNamespace,
                metadata.Member("labels"u8).Text("app.kubernetes.io/instance"u8) ?? "node-dns",
                webhook, cache);
    }

    private async Task<JsonElement> FirstAsync(ApiPath path, string selector, CancellationToken cancel)
    {
        var lists = new ListReader(api);
        try
        {
            return (await lists.AllAsync(path.In(@namespace).With(selector), cancel)).FirstOrDefault();
        }
        catch (ClusterException everywhere) when (everywhere.IsForbidden && @namespace is null)
        {
            try
            {
                return (await lists.AllAsync(path.In(UsualNamespace).With(selector), cancel)).FirstOrDefault();
            }
            catch (ClusterException e) when (e.IsForbidden)
            {
                throw everywhere;
            }
        }
    }
}

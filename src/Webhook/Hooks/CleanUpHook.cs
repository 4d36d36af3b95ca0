namespace NodeDns.Webhook.Hooks;

/// <summary>Deletes what a release leaves in the cluster because others made it for it: cert-manager's Secrets, the ConfigMap of
/// <see cref="ClusterDnsHook"/>.</summary>
internal static class CleanUpHook
{
    /// <param name="paths">Such as /api/v1/namespaces/node-dns/secrets/node-dns-webhook-tls.</param>
    /// <returns>What is wrong; null when none of them is left.</returns>
    public static async Task<string?> RunAsync(ApiCalls api, IEnumerable<string> paths, TextWriter output)
    {
        foreach (var path in paths)
        {
            if (!path.StartsWith("/api", StringComparison.Ordinal))
            {
                return $"clean-up {path}: expected a path of the API, such as /api/v1/namespaces/node-dns/secrets/node-dns-webhook-tls";
            }

            if (await api.DeleteAsync(path))
            {
                await output.WriteLineAsync($"deleted {path}");
            }
        }

        return null;
    }
}

namespace NodeDns.Webhook.Hooks;

/// <summary>Deletes objects that others created for this release and that helm therefore does not delete:
/// cert-manager's Secrets, and the ConfigMap of <see cref="ClusterDnsHook"/>.</summary>
internal static class CleanUpHook
{
    /// <param name="paths">Paths such as /api/v1/namespaces/node-dns/secrets/node-dns-webhook-tls.</param>
    /// <returns>The problem; null when none of the objects is left.</returns>
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

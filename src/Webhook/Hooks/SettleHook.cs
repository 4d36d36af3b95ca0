using System.Text.Json;

namespace NodeDns.Webhook.Hooks;

/// <summary>Waits until the objects of an upgrade are in force. An API server learns about a policy or a webhook
/// configuration through a watch, and no status says when it has.</summary>
internal static class SettleHook
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <param name="api">The API server.</param>
    /// <param name="wait">The time that API servers get at the end.</param>
    /// <param name="paths">First the path of the Deployment, which must have ready pods, then the path of the webhook
    /// configuration, which must have a CA. An empty or missing path means nothing to wait for.</param>
    /// <param name="output">Receives one line for each object that is ready.</param>
    /// <returns>Always null: the deadline is the Job's.</returns>
    public static async Task<string?> RunAsync(ApiCalls api, TimeSpan wait, string[] paths, TextWriter output)
    {
        Func<JsonElement, bool>[] conditions = [Serves, HasAuthority];
        foreach (var (path, holds) in paths.Zip(conditions).Where(pair => pair.First.Length > 0))
        {
            while (!await HoldsAsync(path, holds))
            {
                await Task.Delay(s_pause);
            }

            await output.WriteLineAsync($"{path}: ready");
        }

        await Task.Delay(wait);
        return null;

        async Task<bool> HoldsAsync(string path, Func<JsonElement, bool> holds)
        {
            using var found = await api.GetAsync(path);
            return found is not null && holds(found.RootElement);
        }
    }

    /// <summary>At least one pod of the current template is available, unless the Deployment has 0 replicas.</summary>
    private static bool Serves(JsonElement deployment)
    {
        var wanted = deployment.GetProperty("spec").TryGetProperty("replicas", out var replicas) ? replicas.GetInt32() : 1;
        return deployment.TryGetProperty("status", out var status)
            && Number(status, "observedGeneration") >= Number(deployment.GetProperty("metadata"), "generation")
            && Math.Min(Number(status, "updatedReplicas"), Number(status, "availableReplicas")) >= Math.Min(1, wanted);
    }

    private static bool HasAuthority(JsonElement configuration) =>
        configuration.GetProperty("webhooks").EnumerateArray().All(webhook =>
            webhook.GetProperty("clientConfig").TryGetProperty("caBundle", out var bundle) && bundle.GetString() is { Length: > 0 });

    private static long Number(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) ? value.GetInt64() : 0;
}

using System.Globalization;
using NodeDns.Webhook.Namespaces;

namespace NodeDns.Webhook.Hooks;

/// <summary>The subcommands for the chart's hooks. Each makes some calls to the API server, reports the result and
/// ends.</summary>
internal static class HookCommand
{
    /// <summary>The subcommands with their arguments, as <c>--help</c> shows them.</summary>
    public static readonly string[] Usage =
    [
        "cluster-dns NAMESPACE/SERVICE NAMESPACE/CONFIGMAP   write the Service's ClusterIPs into the ConfigMap",
        "settle SECONDS [DEPLOYMENT [CONFIGURATION]]         wait for pods of the Deployment and the CA of the webhook configuration, both by path, then so long",
        "clean-up PATH ...                                   delete the objects at these paths of the API",
    ];

    /// <returns>null when the arguments are not a hook but options of the webhook.</returns>
    public static Func<ApiCalls, TextWriter, Task<string?>>? Find(string[] arguments) => arguments switch
    {
        ["cluster-dns", var service, var map] => (api, output) => ClusterDnsHook.RunAsync(api, service, map, output),
        ["settle", var seconds, .. { Length: <= 2 } paths] when int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var wait) =>
            (api, output) => SettleHook.RunAsync(api, TimeSpan.FromSeconds(wait), paths, output),
        ["clean-up", .. var paths] => (api, output) => CleanUpHook.RunAsync(api, paths, output),
        ["cluster-dns" or "settle", ..] => (_, _) => Task.FromResult<string?>(
            $"{string.Join(' ', arguments)}: expected one of\n  {string.Join("\n  ", Usage)}"),
        _ => null,
    };

    /// <returns>The exit code: 0, or 1 after the problem was written to <paramref name="error"/>.</returns>
    public static async Task<int> RunAsync(
        Func<ApiCalls, TextWriter, Task<string?>> hook, ApiServer? server, TextWriter output, TextWriter error)
    {
        if (server is null)
        {
            await error.WriteLineAsync("this is a hook of the chart: expected to run in a pod with a service account's token mounted");
            return 1;
        }

        string? trouble;
        try
        {
            trouble = await hook(new ApiCalls(server), output);
        }
        catch (ApiCallException failed)
        {
            trouble = failed.Message;
        }

        if (trouble is null)
        {
            return 0;
        }

        await error.WriteLineAsync(trouble);
        return 1;
    }
}

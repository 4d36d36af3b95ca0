using System.Text.Json;
using NodeDns.Addresses;

namespace NodeDns.Webhook.Hooks;

/// <summary>Fails while there are pods that would lose DNS without the node cache, because their nameservers are its
/// addresses and no others.</summary>
internal static class UninstallCheckHook
{
    /// <summary>How many pods are read at once. A page has a few megabytes.</summary>
    private const int PageSize = 500;

    private const int Listed = 50;

    private const string WayOut =
        "Nothing is uninstalled. Take the label nodedns.io/inject away and let these pods be made anew (kubectl rollout restart); "
        + "then uninstall again. To go on with the release: helm rollback RELEASE REVISION, with the last revision of helm "
        + "history; Helm calls it uninstalling until then. To uninstall all the same: uninstall.force=true by helm upgrade "
        + "--reuse-values after that, or helm uninstall --no-hooks.";

    /// <param name="local">The addresses of the node cache.</param>
    /// <param name="resolvConf">This pod's own resolv.conf, which shows what kubelet gives to pods that nobody
    /// changed.</param>
    /// <returns>The pods and the remedy; null when no pod depends on the node cache alone.</returns>
    public static async Task<string?> RunAsync(ApiCalls api, AddressList local, string resolvConf, TextWriter output)
    {
        var kubelets = ResolvConf.Parse(resolvConf).Nameservers.Select(server => server.ToString()).ToArray();
        if (kubelets.Length > 0 && kubelets.All(local.Contains))
        {
            return $"kubelet gives every pod the node cache alone ({string.Join(", ", kubelets)}): change clusterDNS in the "
                + "kubelets' configuration, restart them and let pods be made anew. " + WayOut;
        }

        var dependent = new List<string>();
        var next = "";
        while (next is not null)
        {
            var path = $"/api/v1/pods?limit={PageSize}&fieldSelector=status.phase!%3DSucceeded,status.phase!%3DFailed"
                + (next.Length > 0 ? "&continue=" + Uri.EscapeDataString(next) : "");
            using var page = await api.GetAsync(path) ?? throw new ApiCallException($"GET {path}: 404");
            dependent.AddRange(page.RootElement.GetProperty("items").EnumerateArray()
                .Where(pod => HasNoOther(pod, local)).Select(Name));
            next = page.RootElement.GetProperty("metadata").TryGetProperty("continue", out var token)
                && token.GetString() is { Length: > 0 } text ? text : null;
        }

        if (dependent.Count == 0)
        {
            await output.WriteLineAsync($"no pod depends on {string.Join(", ", local)} alone");
            return null;
        }

        var more = dependent.Count > Listed ? $"\n  and {dependent.Count - Listed} more" : "";
        return $"{dependent.Count} {(dependent.Count == 1 ? "pod has" : "pods have")} the node cache ({string.Join(", ", local)}) "
            + $"as the only nameserver, and would lose DNS:\n  {string.Join("\n  ", dependent.Take(Listed))}{more}\n{WayOut}";
    }

    private static bool HasNoOther(JsonElement pod, AddressList local) =>
        pod.GetProperty("spec") is var spec
        && spec.TryGetProperty("dnsPolicy", out var policy) && policy.ValueEquals("None")
        && spec.TryGetProperty("dnsConfig", out var config)
        && config.TryGetProperty("nameservers", out var servers)
        && servers.GetArrayLength() > 0
        && servers.EnumerateArray().All(server => local.Contains(server.GetString()));

    private static string Name(JsonElement pod)
    {
        var metadata = pod.GetProperty("metadata");
        var name = $"{metadata.GetProperty("namespace").GetString()}/{metadata.GetProperty("name").GetString()}";
        return metadata.TryGetProperty("ownerReferences", out var owners) && owners.GetArrayLength() > 0
            ? $"{name} ({owners[0].GetProperty("kind").GetString()} {owners[0].GetProperty("name").GetString()})"
            : name;
    }
}

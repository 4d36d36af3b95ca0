using System.Net;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Workloads;
using NodeDns.Injection.Admission;

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
        using var changed = await api.PatchAsync(
            ApiPath.Namespaces.Named(@namespace).With(dryRun ? "dryRun=All" : ""), "application/merge-patch+json",
            "{\"metadata\": {\"labels\": {\"" + NamespaceLabel.Name + "\": " + value + "}}}", cancel);
    }

    /// <summary>Creates pods by dry run until the webhook answers as the label says. The API server notices a label a
    /// moment after it is written, and pods that are created before that would not be changed.</summary>
    /// <returns>null when the webhook does, or when pods may not be created here, so that it cannot be checked;
    /// otherwise what is wrong.</returns>
    public static async Task<string?> ProbeAsync(ApiClient api, string @namespace, bool on, CancellationToken cancel)
    {
        const string Probe = """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "kubectl-nodedns-probe-"}, "spec": {
              "restartPolicy": "Never", "automountServiceAccountToken": false,
              "securityContext": {"runAsNonRoot": true, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
              "containers": [{"name": "probe", "image": "probe",
                "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "1m", "memory": "1Mi"}},
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}}
            """;
        for (var tries = 0; tries < 50; tries++)
        {
            try
            {
                using var made = await api.CreateAsync(ApiPath.Pods.In(@namespace).With("dryRun=All"), Probe, cancel);
                var injected = !made.RootElement.Member("metadata"u8).Member("annotations"u8).Member("nodedns.io/status"u8).IsAbsent;
                if (injected == on)
                {
                    return null;
                }
            }
            catch (ClusterException e) when (e.Status is not null and not HttpStatusCode.InternalServerError)
            {
                return null;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), cancel);
        }

        return on
            ? $"a pod made in namespace {@namespace} now would not be moved: the webhook does not answer for it; kubectl nodedns doctor --only webhook says why"
            : $"a pod made in namespace {@namespace} now would still be moved: its label, or another that counts, says so";
    }
}

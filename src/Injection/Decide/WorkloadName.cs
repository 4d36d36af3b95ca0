using System.Text.RegularExpressions;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>The name of the workload that a pod belongs to, the same for all its revisions and runs. What owns a pod is
/// often one of them, and its name ends in a suffix that the controller has added:
/// <code>
/// Deployment        web-6d5f7d6c9b     label pod-template-hash
/// Argo Rollout      web-6d5f7d6c9b     label rollouts-pod-template-hash
/// CronJob           backup-28391040    minutes since 1970; seconds before Kubernetes 1.21
/// CronWorkflow      backup-1703462400  seconds since 1970
/// DeploymentConfig  web-12             its revision, in a ReplicationController
/// Knative Service   web-00012-deployment-6d5f7d6c9b     label serving.knative.dev/configuration
/// </code></summary>
internal static partial class WorkloadName
{
    /// <returns>null when nobody owns the pod.</returns>
    public static string? Of(PodView pod)
    {
        var owner = pod.Owner;
        if (owner.Text("name"u8) is not { Length: > 0 } name)
        {
            return null;
        }

        if (pod.Label("serving.knative.dev/configuration"u8) is { Length: > 0 } configuration)
        {
            return configuration;
        }

        foreach (var label in pod.Labels.Members)
        {
            if (label.Name.EndsWith("pod-template-hash", StringComparison.Ordinal)
                && label.Value.AsText is { Length: > 0 } hash
                && name.EndsWith("-" + hash, StringComparison.Ordinal))
            {
                return Before(name, hash.Length + 1);
            }
        }
        var suffix = owner.Says("kind"u8, "ReplicationController"u8) ? Revision().Match(name) : Run().Match(name);
        return suffix.Success ? Before(name, suffix.Length) : name;
    }

    private static string Before(string name, int suffixLength) =>
        name.Length > suffixLength ? name[..^suffixLength] : name;

    [GeneratedRegex(@"-[0-9]{1,9}\z")]
    private static partial Regex Revision();

    /// <summary>Minutes have 8 digits until the year 2160, seconds 10 digits until 2286.</summary>
    [GeneratedRegex(@"-[0-9]{8,10}\z")]
    private static partial Regex Run();
}

using System.Net;
using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Workloads;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Rollouts;

/// <summary>Asks the API server for pods that are not kept (<c>dryRun=All</c>), to see whether they are moved.</summary>
internal sealed class Probe(ApiClient api, Survey survey)
{
    private const int AnswersInARow = 5;

    /// <summary>With a percentage below 100, so many names are tried to find one that is in the share.</summary>
    private const int Names = 1000;

    /// <summary>Waits until pods are what the namespace's label says. The API server notices a label a moment after it is
    /// written, and each of the webhook's replicas a moment after it is ready; pods that are created before that would stay
    /// as they are. So several answers in a row count.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="on">Whether its pods should be moved.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <returns>null when they are, or when it cannot be checked, because pods may not be created here; otherwise what is
    /// wrong.</returns>
    public async Task<string?> AskAsync(string @namespace, bool on, CancellationToken cancel)
    {
        if (Pod(@namespace) is not { } pod)
        {
            return null;
        }

        var inARow = 0;
        for (var misses = 0; misses < 50;)
        {
            try
            {
                using var made = await api.CreateAsync(ApiPath.Pods.In(@namespace).With("dryRun=All"), pod, cancel);
                var injected = !made.RootElement.Member("metadata"u8).Member("annotations"u8).Member("nodedns.io/status"u8).IsAbsent;
                inARow = injected == on ? inARow + 1 : 0;
            }
            catch (ClusterException e) when (e.Status is not null and not HttpStatusCode.InternalServerError)
            {
                return null;
            }

            if (inARow == AnswersInARow)
            {
                return null;
            }

            if (inARow == 0)
            {
                misses++;
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancel);
            }
        }

        return on
            ? $"a pod made in namespace {@namespace} now would not be moved: the webhook does not answer for it; kubectl nodedns doctor --only webhook says why"
            : $"a pod made in namespace {@namespace} now would still be moved: its label, or another that counts, says so";
    }

    /// <returns>A pod that would be moved in a labelled namespace; null when none would.</returns>
    private string? Pod(string @namespace)
    {
        var judge = new PodJudge(survey.Settings);
        var labelled = survey.Namespaces.GetValueOrDefault(@namespace) is { Inject: true } own ? own : NamespaceLabel.Read(default, true, survey.Deployed);
        for (var i = 0; i < Names; i++)
        {
            var text = $$$"""
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "kubectl-nodedns-probe-{{{(i == 0 ? "" : $"{i}-")}}}"}, "spec": {
                  "restartPolicy": "Never", "automountServiceAccountToken": false,
                  "securityContext": {"runAsNonRoot": true, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"} },
                  "containers": [{"name": "probe", "image": "probe",
                    "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "1m", "memory": "1Mi"} },
                    "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]} } }] } }
                """;
            using var pod = JsonDocument.Parse(text);
            if (judge.Judge(pod.RootElement, @namespace, labelled).Standing == Standing.Pending)
            {
                return text;
            }
        }

        return null;
    }
}

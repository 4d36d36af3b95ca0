using System.Globalization;
using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Checks;

/// <summary>Checks of the API server and of the user's rights.</summary>
internal static class ApiChecks
{
    private const int OldestMinor = 26;

    private static readonly (string Verb, ApiPath Path)[] s_rights =
    [
        ("list", ApiPath.Pods), ("watch", ApiPath.Pods), ("create", ApiPath.Pods.Named("x", "portforward")), ("list", ApiPath.Namespaces),
        ("patch", ApiPath.Namespaces), ("list", ApiPath.Nodes), ("list", ApiPath.NetworkPolicies), ("list", ApiPath.MutatingWebhooks),
        ("list", ApiPath.ReplicaSets), ("list", ApiPath.Jobs), ("patch", ApiPath.Deployments), ("patch", ApiPath.StatefulSets),
        ("patch", ApiPath.DaemonSets),
    ];

    public static async Task VersionAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        using var version = JsonDocument.Parse(await examination.Api.TextAsync("/version", cancel));
        var (major, minor) = (version.RootElement.Text("major"u8), version.RootElement.Text("minor"u8)?.TrimEnd('+'));
        if (major == "1" && int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < OldestMinor)
        {
            findings.Add(new Finding(
                Level.Error, $"the API server is {version.RootElement.Text("gitVersion"u8)}",
                $"upgrade it to 1.{OldestMinor}: before, it takes 6 search domains only"));
        }
    }

    public static async Task RightsAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        foreach (var (verb, path) in s_rights)
        {
            var review = $$"""
                {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes":
                  {"group": "{{path.Group}}", "resource": "{{path.Resource}}", "subresource": "{{path.Subresource}}", "verb": "{{verb}}"} } }
                """;
            using var answer = await examination.Api.CreateAsync(ApiPath.Reviews, review, cancel);
            if (!answer.RootElement.Member("status"u8).Member("allowed"u8).IsTrue)
            {
                findings.Add(new Finding(
                    Level.Warning, $"you may not {verb} {path.Shown} in all namespaces",
                    $"""rule: apiGroups ["{path.Group}"], resources ["{path.Resource}{(path.Subresource is null ? "" : "/" + path.Subresource)}"], verbs ["{verb}"]"""));
            }
        }
    }
}

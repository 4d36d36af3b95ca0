using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace NodeDns.EndToEnd.Cluster;

/// <summary>
/// The product on the cluster, once for the whole suite: first what existed before it is put there, then
/// <c>helm install</c> with nothing set but the images.
/// </summary>
public sealed partial class Installation
{
    internal const string Release = "node-dns";
    internal const string Namespace = "node-dns";
    internal const string DaemonSet = "daemonset/node-dns-cache";
    internal const string LocalAddress = "169.254.20.10";

    /// <summary>Where a Deployment was before the install.</summary>
    internal const string Before = "before-install";

    /// <summary>A namespace that nobody opted in.</summary>
    internal const string Unlabelled = "unlabelled";

    /// <summary>An opted-in namespace for the tests' own pods.</summary>
    internal const string Labelled = "labelled";

    public Installation()
    {
        Kubectl.TryHelm("uninstall", Release, "--namespace", Namespace, "--wait", "--timeout=180s");
        foreach (var ns in new[] { Before, Unlabelled })
        {
            Kubectl.Namespace(ns);
        }

        ClusterDns = (string)Kubectl.Json("get", "service", "kube-dns", "-n", "kube-system")["spec"]!["clusterIP"]!;
        Kubectl.Run("label", "namespace", Before, "nodedns.io/inject=enabled");
        Kubectl.Namespace(Labelled, "nodedns.io/inject=enabled");
        Kubectl.Apply(Deployment(Before, "old"));
        Kubectl.Run("rollout", "status", "-n", Before, "deployment/old", "--timeout=180s");
        BeforeInstall = Kubectl.DryRun(Pods.Sleeping(Unlabelled, "same").ToJsonString(), Unlabelled).Object;

        Kubectl.Helm(["install", Release, Tool.ChartFolder, "--namespace", Namespace, "--create-namespace",
            "--wait", "--timeout=180s", .. Images.AsValues()]);
        Kubectl.Run("rollout", "status", "-n", Namespace, DaemonSet, "--timeout=180s");
        WaitUntilInjecting();
    }

    /// <summary>The ClusterIP of cluster DNS.</summary>
    internal string ClusterDns { get; }

    /// <summary>What the API server made of a pod in an unlabelled namespace before the install.</summary>
    internal JsonNode BeforeInstall { get; }

    /// <summary>A Deployment of two busybox pods.</summary>
    internal static string Deployment(string ns, string name)
    {
        var pod = Pods.Sleeping(ns, name);
        var template = new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = name } },
            ["spec"] = pod["spec"]!.DeepClone(),
        };
        return new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "Deployment",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
            ["spec"] = new JsonObject
            {
                ["replicas"] = 2,
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = name } },
                ["template"] = template,
            },
        }.ToJsonString();
    }

    /// <summary>Names of the cache's pods that are not on their way out.</summary>
    internal static string[] CachePods() => Pods.NamesOf(Namespace, "app.kubernetes.io/name=node-dns-cache");

    /// <summary>The one of a node.</summary>
    internal static string CachePodOn(string node) =>
        Assert.Single(Pods.NamesOf(Namespace, "app.kubernetes.io/name=node-dns-cache", node));

    /// <summary>The cache's metrics, read through the API server, summed over series that match.</summary>
    internal static double CacheMetric(string name, params string[] labels) => CachePods().Sum(pod =>
        Sum(Kubectl.Run("get", "--raw", $"/api/v1/namespaces/{Namespace}/pods/{pod}:9253/proxy/metrics"), name, labels));

    /// <summary>The sum over the series of a name, in a scrape, that have all of these labels.</summary>
    internal static double Sum(string scrape, string name, params string[] labels) => scrape.Split('\n')
        .Select(line => SampleLine().Match(line))
        .Where(m => m.Success && m.Groups["name"].Value == name && labels.All(l => m.Groups["labels"].Value.Contains(l, StringComparison.Ordinal)))
        .Sum(m => double.Parse(m.Groups["value"].Value, CultureInfo.InvariantCulture));

    /// <summary>The API server learns of a new webhook configuration a moment after it was written, and kube-proxy of the pods
    /// behind its Service, each on its own: a call may still meet one that has gone. So several must succeed in a row.</summary>
    internal static void WaitUntilInjecting()
    {
        var pod = Pods.Sleeping(Labelled, "probe").ToJsonString();
        var waited = Stopwatch.StartNew();
        for (var inARow = 0; inARow < 8;)
        {
            inARow = (string?)Kubectl.DryRun(pod, Labelled).Object["spec"]!["dnsPolicy"] == "None" ? inARow + 1 : 0;
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(90), "pods of a labelled namespace are still not injected");
        }
    }

    /// <summary>Waits until an uninstalled release has left nothing in the cluster. Pods that are on their way out don't count, and
    /// Helm does not wait until the Jobs of its hooks are gone.</summary>
    internal static void AssertNothingLeft(string ns, string release)
    {
        var kinds = "secrets,configmaps,serviceaccounts,services,deployments,daemonsets,jobs,roles,rolebindings,clusterroles,clusterrolebindings,"
            + "certificates,issuers,poddisruptionbudgets,mutatingwebhookconfigurations"
            + (HasPolicies ? ",mutatingadmissionpolicies,mutatingadmissionpolicybindings" : "");
        var waited = Stopwatch.StartNew();
        string[] left;
        do
        {
            left = [.. Kubectl.Run("get", kinds, "-n", ns, "-o", "name").Split('\n').Where(name => name.Contains("/" + release, StringComparison.Ordinal))];
        }
        while (left.Length > 0 && waited.Elapsed < TimeSpan.FromSeconds(60));
        Assert.Empty(left);
    }

    /// <summary>Whether the API server has the kind MutatingAdmissionPolicy, as from Kubernetes 1.36 on.</summary>
    internal static bool HasPolicies { get; } =
        Kubectl.Run("api-resources", "--api-group=admissionregistration.k8s.io", "-o", "name").Contains("mutatingadmissionpolicies", StringComparison.Ordinal)
        && Kubectl.Try("get", "--raw", "/apis/admissionregistration.k8s.io/v1").Output.Contains("\"mutatingadmissionpolicies\"", StringComparison.Ordinal);

    [GeneratedRegex(@"^(?<name>[a-z_]+)(\{(?<labels>.*)\})? (?<value>\S+)$")]
    private static partial Regex SampleLine();
}

using System.Globalization;
using System.Net;
using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Cli.Workloads;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Checks;

/// <summary>Checks of pods that use the cache or will use it: what keeps their lookups from the cache, or its answers
/// from them.</summary>
internal static class PodChecks
{
    private static readonly ApiPath[] s_ciliumPolicies =
        [new("cilium.io", "v2", "ciliumnetworkpolicies"), new("cilium.io", "v2", "ciliumclusterwidenetworkpolicies")];

    public static async Task AmbientAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var survey = await examination.SurveyAsync(cancel);
        await examination.Lists.ReadAsync(ApiPath.Namespaces, ListReader.MetadataOnly, item =>
        {
            var labels = item.Member("metadata"u8).Member("labels"u8);
            if (labels.Says("istio.io/dataplane-mode"u8, "ambient"u8)
                && survey.Namespaces.TryGetValue(ObjectView.Name(item), out var settings) && settings.Inject == true)
            {
                findings.Add(new Finding(
                    Level.Warning, $"namespace {ObjectView.Name(item)} is in Istio's ambient mesh: ztunnel answers its pods' lookups, and asks cluster DNS",
                    "annotate its pods ambient.istio.io/dns-capture=false to let them ask the node"));
            }
        }, cancel);
    }

    public static async Task CiliumAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var survey = await examination.SurveyAsync(cancel);
        foreach (var path in s_ciliumPolicies)
        {
            try
            {
                await examination.Lists.ReadAsync(path, ListReader.Whole, policy => See(path, policy), cancel);
            }
            catch (ClusterException e) when (e.IsNotFound)
            {
                // Cilium is not installed.
            }
        }

        void See(ApiPath path, JsonElement policy)
        {
            var ns = ObjectView.Namespace(policy);
            var concerns = ns.Length == 0 || (survey.Namespaces.TryGetValue(ns, out var settings) && settings.Inject == true);
            var specs = policy.Member("specs"u8).Items.Append(policy.Member("spec"u8));
            if (concerns && specs.Any(spec => spec.Member("egress"u8).Items.Any(rule => rule.Member("toFQDNs"u8).IsArray)))
            {
                findings.Add(new Finding(
                    Level.Warning, $"{path.Shown} {(ns.Length > 0 ? ns + "/" : "")}{ObjectView.Name(policy)} uses toFQDNs: Cilium learns names from lookups to cluster DNS, and a node's own cache is not looked at",
                    "label the pods that it selects nodedns.io/inject=disabled"));
            }
        }
    }

    public static async Task BypassAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        foreach (var (reason, count) in (await examination.SurveyAsync(cancel)).Total().Skipped)
        {
            if (reason is SkipReason.Fargate or SkipReason.VirtualNode or SkipReason.BypassesHost)
            {
                findings.Add(new Finding(
                    Level.Info, $"{count} pods stay with cluster DNS: {reason.Explain()}", "none: they work as before"));
            }
        }
    }

    /// <summary>Recognizes musl by the image's name, because the contents of an image cannot be read.</summary>
    public static async Task MuslAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var survey = await examination.SurveyAsync(cancel);
        var found = new SortedDictionary<string, int>(StringComparer.Ordinal);
        await examination.Lists.ReadAsync(survey.Pods, ListReader.Whole, pod =>
        {
            var spec = pod.Member("spec"u8);
            if (HasLowNdots(spec.Member("dnsConfig"u8))
                && spec.Member("containers"u8).Items.Any(container =>
                    container.Text("image"u8)?.Contains("alpine", StringComparison.OrdinalIgnoreCase) == true))
            {
                var ns = ObjectView.Namespace(pod);
                found[ns] = found.GetValueOrDefault(ns) + 1;
            }
        }, cancel);
        foreach (var (ns, count) in found)
        {
            findings.Add(new Finding(
                Level.Warning, $"namespace {ns}: {count} pods with an Alpine image have ndots below 5: musl then asks names of a Service as they are first, and gives up on the answer",
                "take nodedns.io/ndots off these pods, or use whole names that end in a dot"));
        }
    }

    public static async Task PoliciesAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        foreach (var ((ns, name), pods) in (await examination.SurveyAsync(cancel)).BlockingPolicies())
        {
            findings.Add(new Finding(
                Level.Warning, $"NetworkPolicy {ns}/{name} keeps {pods} pods from the cache",
                $"kubectl nodedns report --policy {ns}/{name} -o yaml | kubectl patch networkpolicy -n {ns} {name} --type json --patch-file /dev/stdin"));
        }
    }

    /// <summary>What the kernel answers at a pod's interface is answered before the policies of the pod are looked at.</summary>
    public static async Task KernelAnswersAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var release = await examination.InstalledAsync(cancel);
        if (Release.Argument(release.Cache, "guard", "kernel-answers") is null or "off")
        {
            return;
        }

        IPAddress[] addresses = [.. (await examination.SettingsAsync(cancel)).Settings.Dns.LocalAddresses.Select(IPAddress.Parse)];
        var policies = new List<string>();
        await examination.Lists.ReadAsync(ApiPath.NetworkPolicies, ListReader.Whole, policy =>
        {
            if (EgressPolicy.Read(policy, addresses) is { } egress)
            {
                policies.Add($"{egress.Namespace}/{egress.Name}");
            }
        }, cancel);
        if (policies.Count > 0)
        {
            policies.Sort(StringComparer.Ordinal);
            findings.Add(new Finding(
                Level.Warning,
                $"{policies.Count} NetworkPolicies restrict egress, the first of them {policies[0]}, and guard.kernelAnswers is on: hot names are answered before a policy is looked at",
                "set guard.kernelAnswers=false if one of them has to keep pods from DNS"));
        }
    }

    private static bool HasLowNdots(JsonElement config) => config.Member("options"u8).Items.Any(option =>
        option.Says("name"u8, "ndots"u8)
        && int.TryParse(option.Text("value"u8), NumberStyles.None, CultureInfo.InvariantCulture, out var ndots) && ndots < 5);
}

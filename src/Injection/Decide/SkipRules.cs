using System.Collections.Frozen;
using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>Finds pods for which a changed dnsConfig cannot work or would do harm.</summary>
internal static class SkipRules
{
    private static readonly FrozenSet<string> s_dnsApps =
        FrozenSet.ToFrozenSet(["kube-dns", "coredns", "node-local-dns", "nodelocaldns", "node-dns-cache"]);

    /// <summary>Checks what the pod is and where it runs.</summary>
    public static SkipReason? ByPlace(PodView pod, SelectionModel selection)
    {
        if (!pod.Annotations.Member("kubernetes.io/config.mirror"u8).IsAbsent)
        {
            return SkipReason.MirrorPod;
        }

        var placement = new Placement(pod.Spec);
        if (IsWindows(pod, placement))
        {
            return SkipReason.Windows;
        }

        if (Applies(SkipReason.DnsServer) && IsDnsServer(pod))
        {
            return SkipReason.DnsServer;
        }

        if (Applies(SkipReason.Fargate) && IsFargate(pod, placement))
        {
            return SkipReason.Fargate;
        }

        if (Applies(SkipReason.VirtualNode) && IsVirtualNode(pod, placement))
        {
            return SkipReason.VirtualNode;
        }

        if (Applies(SkipReason.BypassesHost) && BypassesHost(pod))
        {
            return SkipReason.BypassesHost;
        }

        return null;

        bool Applies(SkipReason reason) => !selection.IgnoredRules.Contains(reason);
    }

    private static bool IsWindows(PodView pod, Placement placement)
    {
        if (pod.Spec.Member("os"u8).Text("name"u8) is { } os)
        {
            return os == "windows";
        }

        return IsHostProcess(pod.Spec)
            || AnyContainer(pod, static container => IsHostProcess(container))
            || placement.IsFor(NodeKind.Windows);
    }

    /// <summary>True when the spec or container has hostProcess set, which only exists on Windows.</summary>
    private static bool IsHostProcess(JsonElement owner) =>
        owner.Member("securityContext"u8).Member("windowsOptions"u8).Member("hostProcess"u8).IsTrue;

    private static bool IsDnsServer(PodView pod) =>
        (pod.Label("k8s-app"u8) is { } app && s_dnsApps.Contains(app))
        || (pod.Label("app.kubernetes.io/name"u8) is { } name
            && (s_dnsApps.Contains(name) || name == "node-dns-webhook"));

    private static bool IsFargate(PodView pod, Placement placement) =>
        pod.Spec.Says("schedulerName"u8, "fargate-scheduler"u8)
        || !pod.Labels.Member("eks.amazonaws.com/fargate-profile"u8).IsAbsent
        || placement.IsFor(NodeKind.Fargate);

    private static bool IsVirtualNode(PodView pod, Placement placement) =>
        pod.Labels.Says("alibabacloud.com/eci"u8, "true"u8)
        || pod.Labels.Says("eci"u8, "true"u8)
        || pod.Labels.Says("alibabacloud.com/acs"u8, "true"u8)
        || placement.IsFor(NodeKind.Virtual);

    /// <summary>EKS security groups for pods, and TKE's direct ENI: the pod's traffic leaves through an interface that
    /// is not the node's, so it never reaches the node's local address.</summary>
    private static bool BypassesHost(PodView pod) =>
        !pod.Annotations.Member("vpc.amazonaws.com/pod-eni"u8).IsAbsent
        || pod.Annotations.Says("tke.cloud.tencent.com/networks"u8, "tke-direct-eni"u8)
        || AnyContainer(pod, static container =>
        {
            var resources = container.Member("resources"u8);
            return HasOwnInterface(resources.Member("limits"u8)) || HasOwnInterface(resources.Member("requests"u8));
        });

    private static bool HasOwnInterface(JsonElement resources) =>
        !resources.Member("vpc.amazonaws.com/pod-eni"u8).IsAbsent
        || !resources.Member("tke.cloud.tencent.com/direct-eni"u8).IsAbsent;

    private static bool AnyContainer(PodView pod, Func<JsonElement, bool> holds) =>
        pod.Spec.Member("containers"u8).Items.Any(holds) || pod.Spec.Member("initContainers"u8).Items.Any(holds);
}

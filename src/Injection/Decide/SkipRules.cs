using System.Collections.Frozen;
using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>Pods for which a rewritten dnsConfig cannot work, or would harm.</summary>
internal static class SkipRules
{
    private static readonly FrozenSet<string> s_dnsApps =
        FrozenSet.ToFrozenSet(["kube-dns", "coredns", "node-local-dns", "nodelocaldns", "node-dns-cache"]);

    /// <summary>By what the pod is and where it runs.</summary>
    public static SkipReason? ByPlace(PodView pod, SelectionModel selection)
    {
        if (!pod.Annotations.Member("kubernetes.io/config.mirror"u8).IsAbsent)
            return SkipReason.MirrorPod;
        if (IsWindows(pod))
            return SkipReason.Windows;
        if (Applies(SkipReason.DnsServer) && IsDnsServer(pod))
            return SkipReason.DnsServer;
        if (Applies(SkipReason.Fargate) && IsFargate(pod))
            return SkipReason.Fargate;
        if (Applies(SkipReason.VirtualNode) && IsVirtualNode(pod))
            return SkipReason.VirtualNode;
        if (Applies(SkipReason.BypassesHost) && BypassesHost(pod))
            return SkipReason.BypassesHost;
        return null;

        bool Applies(SkipReason reason) => !selection.IgnoredRules.Contains(reason);
    }

    private static bool IsWindows(PodView pod) =>
        pod.Spec.Member("os"u8).Says("name"u8, "windows"u8)
        || pod.Spec.Member("nodeSelector"u8).Says("kubernetes.io/os"u8, "windows"u8)
        || pod.Spec.Member("nodeSelector"u8).Says("beta.kubernetes.io/os"u8, "windows"u8);

    private static bool IsDnsServer(PodView pod) =>
        (pod.Label("k8s-app"u8) is { } app && s_dnsApps.Contains(app))
        || (pod.Label("app.kubernetes.io/name"u8) is { } name
            && (s_dnsApps.Contains(name) || name == "node-dns-webhook"));

    private static bool IsFargate(PodView pod) =>
        pod.Spec.Says("schedulerName"u8, "fargate-scheduler"u8)
        || !pod.Labels.Member("eks.amazonaws.com/fargate-profile"u8).IsAbsent;

    private static bool IsVirtualNode(PodView pod)
    {
        JsonElement selector = pod.Spec.Member("nodeSelector"u8);
        if (selector.Says("type"u8, "virtual-kubelet"u8) || selector.Says("kubernetes.io/role"u8, "agent"u8))
            return true;
        if (pod.Labels.Says("alibabacloud.com/eci"u8, "true"u8) || pod.Labels.Says("eci"u8, "true"u8)
            || pod.Labels.Says("alibabacloud.com/acs"u8, "true"u8))
            return true;
        foreach (var toleration in pod.Spec.Member("tolerations"u8).Items)
        {
            if (toleration.Says("key"u8, "virtual-kubelet.io/provider"u8))
                return true;
        }
        return false;
    }

    /// <summary>EKS security groups for pods and TKE's direct ENI: the pod's traffic leaves by an interface that is
    /// not the node's, so it never meets the node's local address.</summary>
    private static bool BypassesHost(PodView pod)
    {
        if (!pod.Annotations.Member("vpc.amazonaws.com/pod-eni"u8).IsAbsent
            || pod.Annotations.Says("tke.cloud.tencent.com/networks"u8, "tke-direct-eni"u8))
            return true;
        foreach (var container in pod.Spec.Member("containers"u8).Items)
        {
            JsonElement limits = container.Member("resources"u8).Member("limits"u8);
            if (!limits.Member("vpc.amazonaws.com/pod-eni"u8).IsAbsent
                || !limits.Member("tke.cloud.tencent.com/direct-eni"u8).IsAbsent)
                return true;
        }
        return false;
    }
}

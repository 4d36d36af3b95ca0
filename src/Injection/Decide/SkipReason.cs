namespace NodeDns.Injection.Decide;

/// <summary>Why a pod is left unchanged. The spelling in kebab-case is used as metric label, in the audit annotation
/// and in the log.</summary>
public enum SkipReason
{
    NotCreate,
    Subresource,
    NotAPod,
    NoNamespace,
    Unreadable,
    NamespaceExcluded,
    NamespaceOptedOut,
    PodOptedOut,
    NotOptedIn,
    MirrorPod,
    Windows,
    Fargate,
    VirtualNode,
    BypassesHost,
    DnsServer,
    HostNetwork,
    HostNetworkOff,
    PolicyDefault,
    PolicyNone,
    AlreadyConfigured,
    PolicyInvalid,
    Canary,
    CacheSilent,
    PodInvalid,
    ResultInvalid,
    InternalError,
}

public static class SkipReasons
{
    /// <summary>The names, in the order of the enum.</summary>
    public static readonly string[] Names = [.. Enum.GetNames<SkipReason>().Select(Kebab)];

    public static string Name(this SkipReason reason) => Names[(int)reason];

    /// <summary>A one-line explanation for the log, the kubectl warning and the documentation.</summary>
    public static string Explain(this SkipReason reason) => reason switch
    {
        SkipReason.NotCreate => "only the creation of a pod can be changed",
        SkipReason.Subresource => "a subresource has no dnsConfig",
        SkipReason.NotAPod => "only pods are handled",
        SkipReason.NoNamespace => "the request names no namespace",
        SkipReason.Unreadable => "the pod could not be read",
        SkipReason.NamespaceExcluded => "the namespace is excluded by the webhook's options",
        SkipReason.NamespaceOptedOut => "the namespace is labelled nodedns.io/inject: disabled",
        SkipReason.PodOptedOut => "the pod is labelled nodedns.io/inject: disabled",
        SkipReason.NotOptedIn =>
            "neither the pod nor its namespace is labelled nodedns.io/inject: enabled (--mode optIn)",
        SkipReason.MirrorPod => "a static pod: kubelet does not read what the API server changes",
        SkipReason.Windows => "Windows has no resolv.conf",
        SkipReason.Fargate => "Fargate nodes run no node cache",
        SkipReason.VirtualNode => "virtual nodes run no node cache",
        SkipReason.BypassesHost => "its network interface bypasses the node, where the cache listens",
        SkipReason.DnsServer => "a DNS server of the cluster must not depend on the node cache",
        SkipReason.HostNetwork => "hostNetwork with dnsPolicy ClusterFirst uses the node's resolv.conf",
        SkipReason.HostNetworkOff => "hostNetwork pods are switched off by --inject-host-network",
        SkipReason.PolicyDefault => "dnsPolicy Default uses the node's resolv.conf",
        SkipReason.PolicyNone => "dnsPolicy None brings its own resolv.conf",
        SkipReason.AlreadyConfigured => "the local address already comes first",
        SkipReason.PolicyInvalid => "dnsPolicy has no known value",
        SkipReason.Canary => "not in the share of workloads that --percent or nodedns.io/percent selects",
        SkipReason.CacheSilent => "the node cache does not answer and fallback is none",
        SkipReason.PodInvalid => "its dnsConfig is one that the API server rejects",
        SkipReason.ResultInvalid => "the result would not be accepted by the API server",
        SkipReason.InternalError => "the webhook failed on it; please report this",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };

    private static string Kebab(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c + ""));
}

namespace NodeDns.Injection.Decide;

/// <summary>A kind of node on which no node cache serves pods.</summary>
internal sealed record NodeKind(SkipReason Reason)
{
    /// <summary>The labels of these nodes.</summary>
    public required LabelFact[] There { get; init; }

    /// <summary>The same labels on all other nodes.</summary>
    public required LabelFact[] Elsewhere { get; init; }

    /// <summary>The taints that keep ordinary pods away from these nodes. A value of null stands for any
    /// value.</summary>
    public required (string Key, string? Value)[] Taints { get; init; }

    /// <remarks>Microsoft's guide taints Windows nodes with os=windows. GKE uses node.kubernetes.io/os=windows, and
    /// like AKS a label for the distribution.</remarks>
    public static readonly NodeKind Windows = new(SkipReason.Windows)
    {
        There = [LabelFact.Is("kubernetes.io/os", "windows"), LabelFact.Is("beta.kubernetes.io/os", "windows")],
        Elsewhere =
        [
            LabelFact.Is("kubernetes.io/os", "linux"),
            LabelFact.Is("beta.kubernetes.io/os", "linux"),
            LabelFact.IsAbsent("node.kubernetes.io/windows-build"),
            LabelFact.IsNeither("cloud.google.com/gke-os-distribution", "windows_ltsc", "windows_sac"),
            LabelFact.IsNeither(
                "kubernetes.azure.com/os-sku", "Windows2019", "Windows2022", "Windows2025", "WindowsAnnual"),
        ],
        Taints = [("os", "windows"), ("kubernetes.io/os", "windows"), ("node.kubernetes.io/os", "windows")],
    };

    public static readonly NodeKind Fargate = new(SkipReason.Fargate)
    {
        There = [LabelFact.Is("eks.amazonaws.com/compute-type", "fargate")],
        Elsewhere = [LabelFact.IsNeither("eks.amazonaws.com/compute-type", "fargate")],
        Taints = [("eks.amazonaws.com/compute-type", "fargate")],
    };

    /// <remarks>Used by AKS, ACK, CCE and others. The label kubernetes.io/role=agent is not used here, because all
    /// nodes of AKS have it.</remarks>
    public static readonly NodeKind VirtualKubelet = new(SkipReason.VirtualNode)
    {
        There = [LabelFact.Is("type", "virtual-kubelet")],
        Elsewhere = [LabelFact.IsNeither("type", "virtual-kubelet")],
        Taints = [("virtual-kubelet.io/provider", null)],
    };

    /// <summary>The super nodes of TKE.</summary>
    public static readonly NodeKind SuperNode = new(SkipReason.VirtualNode)
    {
        There = [LabelFact.Is("node.kubernetes.io/instance-type", "eklet")],
        Elsewhere = [LabelFact.IsNeither("node.kubernetes.io/instance-type", "eklet")],
        Taints = [("eks.tke.cloud.tencent.com/eklet", null)],
    };

    /// <summary>The nodes by which Liqo stands for another cluster.</summary>
    public static readonly NodeKind Liqo = new(SkipReason.VirtualNode)
    {
        There = [LabelFact.Is("liqo.io/type", "virtual-node")],
        Elsewhere = [LabelFact.IsNeither("liqo.io/type", "virtual-node")],
        Taints = [("virtual-node.liqo.io/not-allowed", null)],
    };
}

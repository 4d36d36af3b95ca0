namespace NodeDns.Injection.Decide;

/// <summary>A kind of node on which no node cache serves pods.</summary>
internal sealed record NodeKind
{
    /// <summary>The makes of such nodes.</summary>
    public required NodeMake[] Makes { get; init; }

    /// <summary>The labels of all nodes that are not of this kind.</summary>
    public required LabelFact[] Elsewhere { get; init; }

    /// <remarks>Microsoft's guide taints Windows nodes with os=windows. GKE uses node.kubernetes.io/os=windows, and
    /// like AKS a label for the distribution.</remarks>
    public static readonly NodeKind Windows = new()
    {
        Makes =
        [
            new(
                [LabelFact.Is("kubernetes.io/os", "windows"), LabelFact.Is("beta.kubernetes.io/os", "windows")],
                [("os", "windows"), ("kubernetes.io/os", "windows"), ("node.kubernetes.io/os", "windows")]),
        ],
        Elsewhere =
        [
            LabelFact.Is("kubernetes.io/os", "linux"),
            LabelFact.Is("beta.kubernetes.io/os", "linux"),
            LabelFact.IsAbsent("node.kubernetes.io/windows-build"),
            LabelFact.IsNeither("cloud.google.com/gke-os-distribution", "windows_ltsc", "windows_sac"),
            LabelFact.IsNeither(
                "kubernetes.azure.com/os-sku", "Windows2019", "Windows2022", "Windows2025", "WindowsAnnual"),
        ],
    };

    public static readonly NodeKind Fargate = new()
    {
        Makes =
        [
            new(
                [LabelFact.Is("eks.amazonaws.com/compute-type", "fargate")],
                [("eks.amazonaws.com/compute-type", "fargate")]),
        ],
        Elsewhere = [LabelFact.IsNeither("eks.amazonaws.com/compute-type", "fargate")],
    };

    /// <summary>Nodes that no machine stands for: of virtual kubelets (AKS, ACK, CCE and others), of kwok, the super
    /// nodes of TKE, and those by which Liqo stands for another cluster.</summary>
    /// <remarks>The label kubernetes.io/role=agent of virtual kubelets is not used here, because all nodes of AKS have
    /// it.</remarks>
    public static readonly NodeKind Virtual = new()
    {
        Makes =
        [
            new([LabelFact.Is("type", "virtual-kubelet")], [("virtual-kubelet.io/provider", null)]),
            new([LabelFact.Is("type", "kwok")], [("kwok.x-k8s.io/node", null)]),
            new([LabelFact.Is("node.kubernetes.io/instance-type", "eklet")], [("eks.tke.cloud.tencent.com/eklet", null)]),
            new([LabelFact.Is("liqo.io/type", "virtual-node")], [("virtual-node.liqo.io/not-allowed", null)]),
        ],
        Elsewhere =
        [
            LabelFact.IsNeither("type", "virtual-kubelet", "kwok"),
            LabelFact.IsNeither("node.kubernetes.io/instance-type", "eklet"),
            LabelFact.IsNeither("liqo.io/type", "virtual-node"),
        ],
    };
}

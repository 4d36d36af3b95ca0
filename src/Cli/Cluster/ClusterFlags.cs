namespace NodeDns.Cli.Cluster;

/// <summary>kubectl's flags that choose the cluster and the user.</summary>
internal sealed record ClusterFlags
{
    /// <summary>null for KUBECONFIG, else ~/.kube/config, else the pod's own service account.</summary>
    public string? Kubeconfig { get; init; }

    public string? Context { get; init; }

    public string? Cluster { get; init; }

    public string? User { get; init; }

    public string? As { get; init; }

    /// <summary>The timeout of one request; zero for none.</summary>
    public TimeSpan RequestTimeout { get; init; }
}

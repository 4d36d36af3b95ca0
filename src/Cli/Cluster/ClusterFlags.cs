namespace NodeDns.Cli.Cluster;

/// <summary>kubectl's own flags about which cluster is meant, and as whom.</summary>
internal sealed record ClusterFlags
{
    /// <summary>null: KUBECONFIG, then ~/.kube/config, then the pod's own service account.</summary>
    public string? Kubeconfig { get; init; }

    public string? Context { get; init; }

    public string? Cluster { get; init; }

    public string? User { get; init; }

    public string? As { get; init; }

    /// <summary>For one request; zero: as long as it takes.</summary>
    public TimeSpan RequestTimeout { get; init; }
}

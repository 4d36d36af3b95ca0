namespace NodeDns.Bench.Lab;

/// <summary>Ports on 127.0.0.1 of the benchmark's own network namespace; nothing else listens there.</summary>
internal static class Ports
{
    /// <summary>The real CoreDNS that stands in for cluster DNS.</summary>
    public const int ClusterDns = 5390;

    /// <summary>The C program that stands in for the upstream of everything else.</summary>
    public const int Stub = 5391;

    /// <summary>An upstream that never answers, for hole.example.</summary>
    public const int Hole = 5392;

    public const int FirstPeer = 5301;
}

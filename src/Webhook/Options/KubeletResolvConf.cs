using NodeDns.Addresses;

namespace NodeDns.Webhook.Options;

/// <summary>What a resolv.conf tells about the cluster. For a ClusterFirst pod kubelet writes <c>search NS.svc.D svc.D
/// D H…</c>, where D is the cluster domain and H are the node's own search domains.</summary>
internal sealed record KubeletResolvConf
{
    public required string Path { get; init; }

    public IReadOnlyList<string> Nameservers { get; private init; } = [];

    /// <summary>False when the search line does not have this form. Then nothing in the file is used.</summary>
    public bool IsClusterFirst { get; private init; }

    /// <summary>D; empty if <see cref="IsClusterFirst"/> is false.</summary>
    public string ClusterDomain { get; private init; } = "";

    /// <summary>H; empty if <see cref="IsClusterFirst"/> is false.</summary>
    public IReadOnlyList<string> HostSearches { get; private init; } = [];

    /// <summary>For messages: the path, or why the file is not used.</summary>
    public string Origin => IsClusterFirst ? Path : $"{Path} is not one that kubelet wrote for a ClusterFirst pod";

    public static KubeletResolvConf Parse(string path, string text)
    {
        var lines = ResolvConf.Parse(text);
        var conf = new KubeletResolvConf
        {
            Path = path,
            Nameservers = [.. lines.Nameservers.Select(server => server.ToString())],
        };
        if (lines.Searches is not [var first, ['s', 'v', 'c', '.', .. { Length: > 0 } domain] second, var third, .. var host]
            || third != domain
            || !first.EndsWith("." + second, StringComparison.Ordinal)
            || first.AsSpan(0, first.Length - second.Length - 1).Contains('.'))
        {
            return conf;
        }

        return conf with { IsClusterFirst = true, ClusterDomain = domain, HostSearches = host };
    }
}

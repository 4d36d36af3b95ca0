namespace NodeDns.Webhook.Options;

/// <summary>What a resolv.conf tells about the cluster. For a ClusterFirst pod kubelet writes <c>search NS.svc.D svc.D
/// D H…</c>, where D is the cluster domain and H are the node's own search domains.</summary>
internal sealed record ResolvConf
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

    public static ResolvConf Parse(string path, string text)
    {
        var nameservers = new List<string>();
        string[] searches = [];
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["nameserver", var address, ..])
            {
                nameservers.Add(address);
            }
            else if (words is ["search", ..])
            {
                searches = words[1..]; // the last search line is used, as in C libraries
            }
        }
        var conf = new ResolvConf { Path = path, Nameservers = nameservers };
        if (searches is not [var first, ['s', 'v', 'c', '.', .. { Length: > 0 } domain] second, var third, .. var host]
            || third != domain
            || !first.EndsWith("." + second, StringComparison.Ordinal)
            || first.AsSpan(0, first.Length - second.Length - 1).Contains('.'))
        {
            return conf;
        }

        return conf with { IsClusterFirst = true, ClusterDomain = domain, HostSearches = host };
    }
}

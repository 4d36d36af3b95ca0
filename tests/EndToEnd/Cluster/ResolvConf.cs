namespace NodeDns.EndToEnd.Cluster;

/// <summary>A container's /etc/resolv.conf. Options are sorted: kubelet writes them in random order.</summary>
internal sealed record ResolvConf(string[] Nameservers, string[] Searches, string[] Options)
{
    public static ResolvConf Parse(string text)
    {
        var lines = text.Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        return new ResolvConf(
            [.. lines.Where(l => l is ["nameserver", ..]).Select(l => l[1])],
            [.. lines.Where(l => l is ["search", ..]).SelectMany(l => l[1..])],
            [.. lines.Where(l => l is ["options", ..]).SelectMany(l => l[1..]).Order(StringComparer.Ordinal)]);
    }

    public override string ToString() =>
        $"nameservers {string.Join(' ', Nameservers)}; search {string.Join(' ', Searches)}; options {string.Join(' ', Options)}";
}

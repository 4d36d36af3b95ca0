using System.Net;
using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>A network link, as the kernel describes it.</summary>
internal sealed record Link(int Index, string Name, uint Flags, string? Alias)
{
    /// <summary>IFLA_IFALIAS of a link that a guard has made or adopted.</summary>
    public const string OwnAlias = "node-dns-cache guard";

    private const string Intercepts = "; intercepts ";
    private const int AliasCapacity = 255;

    public bool IsLoopback => Name == "lo";

    /// <summary>A guard has created or adopted the link.</summary>
    public bool IsOurs => Alias is { } alias && alias.StartsWith(OwnAlias, StringComparison.Ordinal);

    /// <summary>The ClusterIPs that the alias lists.</summary>
    public HashSet<IPAddress> Intercepted =>
        Alias?.IndexOf(Intercepts, StringComparison.Ordinal) is >= 0 and var at
            ? [.. Alias[(at + Intercepts.Length)..].Split(',')
                .Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>()]
            : [];

    /// <summary>The alias that lists these ClusterIPs.</summary>
    public static string AliasOf(IEnumerable<IPAddress> intercepted)
    {
        var list = string.Join(',', intercepted.Distinct());
        return list.Length is > 0 and < AliasCapacity - 60 ? OwnAlias + Intercepts + list : OwnAlias;
    }

    public static Link Read(NetlinkMessage message)
    {
        var attributes = message.Attributes(16).ToList();
        return new Link(
            MemoryMarshal.Read<int>(message.Body.Span[4..]),
            attributes.First(a => a.Type == Libc.IFLA_IFNAME).Text,
            MemoryMarshal.Read<uint>(message.Body.Span[8..]),
            attributes.Where(a => a.Type == Libc.IFLA_IFALIAS).Select(a => a.Text).FirstOrDefault());
    }
}

using System.Runtime.InteropServices;
using NodeDns.Guard.Node;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.KernelAnswers;

/// <summary>The host's side of a pod's interface: a veth whose other side is in another network namespace.</summary>
/// <param name="HasXdp">Somebody has attached an XDP program to it.</param>
internal readonly record struct PodLink(int Index, string Name, bool HasXdp)
{
    private const int HeaderSize = 16;

    /// <summary>What a notification about a veth contains.</summary>
    public static readonly byte[] Kind = [.. "veth"u8];

    /// <summary>All of them on this node. This reads every link.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public static List<PodLink> All(NetlinkSocket netlink)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        header.Clear();
        var found = new List<PodLink>();
        netlink.Request(new NetlinkWriter().Message(Libc.RTM_GETLINK, Libc.NLM_F_DUMP).Raw(header), "list links", message =>
        {
            if (message.Type == Libc.RTM_NEWLINK && Read(message) is { } link)
            {
                found.Add(link);
            }
        });
        return found;
    }

    private static PodLink? Read(NetlinkMessage message)
    {
        string? name = null;
        bool isVeth = false, isElsewhere = false, hasXdp = false;
        foreach (var attribute in message.Attributes(HeaderSize))
        {
            switch (attribute.Type)
            {
                case Libc.IFLA_IFNAME:
                    name = attribute.Text;
                    break;
                case Libc.IFLA_LINKINFO:
                    isVeth = Has(attribute, Libc.IFLA_INFO_KIND, value => value.TrimEnd((byte)0).SequenceEqual(Kind));
                    break;
                case Libc.IFLA_LINK_NETNSID:
                    isElsewhere = true;
                    break;
                case Libc.IFLA_XDP:
                    hasXdp = Has(attribute, Libc.IFLA_XDP_ATTACHED, value => value is [not 0, ..]);
                    break;
            }
        }
        return isVeth && isElsewhere && name is not null
            ? new PodLink(MemoryMarshal.Read<int>(message.Body.Span[4..]), name, hasXdp)
            : null;
    }

    private static bool Has(NetlinkAttribute parent, int type, Func<ReadOnlySpan<byte>, bool> isSo)
    {
        foreach (var attribute in parent.Nested)
        {
            if (attribute.Type == type && isSo(attribute.Value.Span))
            {
                return true;
            }
        }
        return false;
    }
}

using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>Reads and changes the kernel's links, their addresses and its local routes (rtnetlink).</summary>
internal sealed class LinkTable : IDisposable
{
    private readonly NetlinkSocket _netlink = new(Libc.NETLINK_ROUTE);
    private readonly Action<string> _changes;

    /// <param name="changes">Receives a description of each change.</param>
    public LinkTable(Action<string> changes)
    {
        _changes = changes;
        // Let the kernel filter lists. It can since 4.20.
        Libc.SetSocketOption(_netlink.Fd, Libc.SOL_NETLINK, Libc.NETLINK_GET_STRICT_CHK, 1);
    }

    public Link? Find(string name) => Libc.LinkIndex(name) is > 0 and var index ? Find(index) : null;

    public Link? Find(int index)
    {
        try
        {
            return _netlink.Request(LinkMessage(Libc.RTM_GETLINK, 0, index, 0, 0), $"look at link {index}")
                .Where(message => message.Type == Libc.RTM_NEWLINK)
                .Select(Link.Read)
                .FirstOrDefault();
        }
        catch (NetlinkException failure) when (failure.Error == Errno.ENODEV)
        {
            return null;
        }
    }

    /// <summary>Links that a guard has created or adopted. This reads every link of the node.</summary>
    public List<Link> Ours()
    {
        var found = new List<Link>();
        _netlink.Request(LinkMessage(Libc.RTM_GETLINK, Libc.NLM_F_DUMP, 0, 0, 0), "list links", message =>
        {
            if (message.Type == Libc.RTM_NEWLINK && message.Body.Span.IndexOf(Encoding.ASCII.GetBytes(Link.OwnAlias)) >= 0
                && Link.Read(message) is { IsOurs: true } link)
            {
                found.Add(link);
            }
        });
        return found;
    }

    /// <summary>Addresses of one link.</summary>
    public List<LinkAddress> Addresses(int linkIndex) => ListAddresses(linkIndex).Where(a => a.LinkIndex == linkIndex).ToList();

    /// <summary>The addresses on any link of the node that are among these.</summary>
    public List<LinkAddress> Carriers(IReadOnlyCollection<IPAddress> addresses) =>
        ListAddresses(0).Where(a => addresses.Contains(a.Address)).ToList();

    /// <summary>IPv6 addresses that the kernel delivers here because of this link.</summary>
    public List<IPAddress> Routed(int linkIndex)
    {
        // struct rtmsg: family, two lengths, tos, table, protocol, scope, type (1 octet each), flags (4).
        const int headerOctets = 12;
        const int typeOffset = 7;
        Span<byte> header = stackalloc byte[headerOctets];
        header.Clear();
        header[0] = Libc.AF_INET6;
        header[4] = Libc.RT_TABLE_LOCAL;
        header[typeOffset] = Libc.RTN_LOCAL;
        var query = new NetlinkWriter().Message(Libc.RTM_GETROUTE, Libc.NLM_F_DUMP).Raw(header)
            .HostNumber(Libc.RTA_OIF, (uint)linkIndex);
        var found = new List<IPAddress>();
        _netlink.Request(query, "list local routes", route =>
        {
            var attributes = route.Attributes(headerOctets).ToList();
            if (route.Type == Libc.RTM_NEWROUTE && route.Body.Span[typeOffset] == Libc.RTN_LOCAL
                && attributes.Exists(a => a.Type == Libc.RTA_OIF && MemoryMarshal.Read<int>(a.Value.Span) == linkIndex)
                && attributes.Find(a => a.Type == Libc.RTA_DST) is { Value.Length: 16 } destination)
            {
                found.Add(new IPAddress(destination.Value.Span));
            }
        });
        return found;
    }

    /// <summary>Creates a dummy link, or a bridge if this kernel has no dummy links. Without either, uses lo.</summary>
    public Link Create(string name)
    {
        foreach (var kind in new[] { "dummy", "bridge" })
        {
            try
            {
                _netlink.Request(
                    LinkMessage(Libc.RTM_NEWLINK, Libc.NLM_F_ACK | Libc.NLM_F_CREATE | Libc.NLM_F_EXCL, 0, 0, 0)
                        .Text(Libc.IFLA_IFNAME, name)
                        .Nested(Libc.IFLA_LINKINFO, info => info.Text(Libc.IFLA_INFO_KIND, kind)),
                    $"create {kind} link {name}");
                _changes($"link {name} created ({kind})");
                return Find(name) ?? throw new NetlinkException($"link {name} vanished", Errno.ENODEV, null);
            }
            catch (NetlinkException failure) when (failure.Error is Errno.EOPNOTSUPP or Errno.ENODEV)
            {
                // This kernel does not support this kind of link.
            }
        }
        return Find("lo") ?? throw new NetlinkException("find lo", Errno.ENODEV, null);
    }

    /// <summary>Sets the link up, without multicast, and gives it our alias.</summary>
    public void SetUp(Link link, string alias)
    {
        if (link.Alias == alias && (link.Flags & Libc.IFF_UP) != 0 && (link.Flags & Libc.IFF_MULTICAST) == 0)
        {
            return;
        }
        _netlink.Request(
            LinkMessage(Libc.RTM_NEWLINK, Libc.NLM_F_ACK, link.Index, Libc.IFF_UP, Libc.IFF_UP | Libc.IFF_MULTICAST)
                .Text(Libc.IFLA_IFALIAS, alias),
            $"set {link.Name} up");
        _changes(link.IsOurs ? $"link {link.Name} set up again" : $"link {link.Name} is now the guard's");
    }

    public void Delete(Link link)
    {
        _netlink.Request(LinkMessage(Libc.RTM_DELLINK, Libc.NLM_F_ACK, link.Index, 0, 0), $"delete link {link.Name}");
        _changes($"link {link.Name} removed");
    }

    public void Add(IPAddress address, Link link) => Change(
        Libc.RTM_NEWADDR, Libc.NLM_F_CREATE | Libc.NLM_F_REPLACE, link, address, $"add {address} to {link.Name}");

    public void Remove(IPAddress address, Link link, string why = "") =>
        Change(Libc.RTM_DELADDR, 0, link, address, $"remove {address}{why} from {link.Name}");

    public void Dispose() => _netlink.Dispose();

    /// <summary>struct ifaddrmsg: family, prefix length, flags, scope (1 octet each), link index (4).</summary>
    private void Change(ushort type, int flags, Link link, IPAddress address, string what)
    {
        var bytes = address.GetAddressBytes();
        var isIPv6 = bytes.Length == 16;
        Span<byte> header = stackalloc byte[8];
        header[0] = (byte)(isIPv6 ? Libc.AF_INET6 : Libc.AF_INET);
        header[1] = (byte)(bytes.Length * 8);
        header[3] = type == Libc.RTM_NEWADDR ? Libc.RT_SCOPE_LINK : (byte)0;
        MemoryMarshal.Write(header[4..], link.Index);
        var message = new NetlinkWriter().Message(type, (ushort)(flags | Libc.NLM_F_ACK)).Raw(header)
            .Attribute(Libc.IFA_LOCAL, bytes)
            .Attribute(Libc.IFA_ADDRESS, bytes);
        if (isIPv6)
        {
            message.HostNumber(Libc.IFA_FLAGS, Libc.IFA_F_NODAD);
        }
        message.Attribute(Libc.IFA_PROTO, [LinkAddress.OwnProtocol]);
        try
        {
            _netlink.Request(message, what);
        }
        catch (NetlinkException failure) when (isIPv6 && failure.Error == Errno.EACCES)
        {
            throw new NetlinkException(what, failure.Error,
                "IPv6 is switched off on this node (net.ipv6.conf.all.disable_ipv6): switch it on, or take the address "
                + "from --address; the others are served");
        }
        _changes(what);
    }

    /// <param name="linkIndex">0 for all links. Kernels before 4.20 also list the addresses of other links.</param>
    private List<LinkAddress> ListAddresses(int linkIndex)
    {
        Span<byte> header = stackalloc byte[8];
        header.Clear();
        MemoryMarshal.Write(header[4..], linkIndex);
        var found = new List<LinkAddress>();
        _netlink.Request(new NetlinkWriter().Message(Libc.RTM_GETADDR, Libc.NLM_F_DUMP).Raw(header), "list addresses", message =>
        {
            if (message.Type == Libc.RTM_NEWADDR && LinkAddress.Read(message) is { } address)
            {
                found.Add(address);
            }
        });
        return found;
    }

    /// <summary>struct ifinfomsg: family (1), padding (1), type (2), index (4), flags (4), change mask (4).</summary>
    private static NetlinkWriter LinkMessage(ushort type, int messageFlags, int index, uint flags, uint mask)
    {
        Span<byte> header = stackalloc byte[16];
        header.Clear();
        MemoryMarshal.Write(header[4..], index);
        MemoryMarshal.Write(header[8..], flags);
        MemoryMarshal.Write(header[12..], mask);
        return new NetlinkWriter().Message(type, (ushort)messageFlags).Raw(header);
    }
}

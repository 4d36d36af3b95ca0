using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>The link that carries the local addresses, and the addresses (rtnetlink).</summary>
/// <remarks>
/// A dummy link; where the kernel has none, a bridge without ports and with multicast off (it would send IGMP from our
/// address); where it has neither, lo. What answers is the entry in the local routing table, not the link's state.
/// Addresses have scope link: with scope global the host picked them as the source of its own traffic over unnumbered
/// interfaces. IPv6 addresses have nodad: a tentative one cannot be bound.
/// </remarks>
internal sealed class NodeLink : IDisposable
{
    /// <summary>IFLA_IFALIAS of a link that a guard made or adopted.</summary>
    public const string Alias = "node-dns-cache guard";

    private readonly NetlinkSocket _netlink = new(Libc.NETLINK_ROUTE);
    private readonly string _name;
    private readonly IReadOnlyList<IPAddress> _addresses;

    public NodeLink(string name, IReadOnlyList<IPAddress> addresses)
    {
        _name = name;
        _addresses = addresses;
        HoldName = name.Length > 13 ? name[..13] + "-2" : name + "-2";
    }

    /// <summary>The link that keeps the addresses alive while another program, which will remove it, owns
    /// <c>nodelocaldns</c>.</summary>
    public string HoldName { get; }

    /// <summary>The link of our name: absent, ours, or somebody else's.</summary>
    public LinkOwner Owner => Find(_name) switch
    {
        null => LinkOwner.None,
        { Alias: Alias } => LinkOwner.Guard,
        _ => LinkOwner.Other,
    };

    /// <summary>Makes link and addresses what they should be.</summary>
    /// <param name="foreignInUse">Another program still serves on the link of our name: leave that alone and hold the
    /// addresses on a second link, so that they outlive its tear-down.</param>
    /// <returns>What was changed, in words; empty when all was well.</returns>
    /// <exception cref="NetlinkException">EPERM: CAP_NET_ADMIN is missing.</exception>
    public List<string> Ensure(bool foreignInUse)
    {
        var changes = new List<string>();
        if (foreignInUse)
        {
            EnsureLink(HoldName, changes);
            return changes;
        }
        var rescope = Find(_name) is { } link && Addresses(link.Index).Any(a => a.NeedsScope
            && _addresses.Contains(a.Address));
        if (rescope)
        {
            // An address cannot change its scope; the second link keeps it answering while it is added anew.
            EnsureLink(HoldName, changes);
        }
        EnsureLink(_name, changes);
        if (Find(HoldName) is { } hold)
        {
            Delete(hold, changes);
        }
        return changes;
    }

    /// <summary>Removes addresses and links.</summary>
    public List<string> Remove()
    {
        var changes = new List<string>();
        foreach (var name in new[] { _name, HoldName, "lo" })
        {
            if (Find(name) is not { } link)
            {
                continue;
            }
            foreach (var address in Addresses(link.Index).Where(a => _addresses.Contains(a.Address)))
            {
                Change(Libc.RTM_DELADDR, 0, link, address.Address, $"remove {address.Address} from {name}", changes);
            }
            if (name != "lo" && Addresses(link.Index).All(a => a.Address.IsIPv6LinkLocal))
            {
                Delete(link, changes);
            }
        }
        return changes;
    }

    /// <summary>Removes one address, wherever it is.</summary>
    public void RemoveAddress(IPAddress address)
    {
        foreach (var name in new[] { _name, HoldName, "lo" })
        {
            if (Find(name) is { } link && Addresses(link.Index).Any(a => a.Address.Equals(address)))
            {
                Change(Libc.RTM_DELADDR, 0, link, address, $"remove {address} from {name}", []);
            }
        }
    }

    /// <summary>Links other than ours that carry one of the addresses, as (address, link name).</summary>
    public IEnumerable<(IPAddress Address, string Link)> Elsewhere()
    {
        var ours = new[] { Libc.LinkIndex(_name), Libc.LinkIndex(HoldName), Libc.LinkIndex("lo") };
        return AllAddresses()
            .Where(a => _addresses.Contains(a.Address) && !ours.Contains(a.LinkIndex))
            .Select(a => (a.Address, Find(a.LinkIndex)?.Name ?? $"link {a.LinkIndex}"))
            .ToList();
    }

    public void Dispose() => _netlink.Dispose();

    private void EnsureLink(string name, List<string> changes)
    {
        var link = Find(name) ?? Create(name, changes);
        if (link.Name != "lo" && (link.Alias != Alias || (link.Flags & Libc.IFF_UP) == 0
            || (link.Flags & Libc.IFF_MULTICAST) != 0))
        {
            _netlink.Request(
                LinkMessage(Libc.RTM_NEWLINK, Libc.NLM_F_ACK, link.Index, Libc.IFF_UP, Libc.IFF_UP | Libc.IFF_MULTICAST)
                    .Text(Libc.IFLA_IFALIAS, Alias),
                $"set {name} up");
            changes.Add(link.Alias == Alias ? $"link {name} set up again" : $"link {name} is now the guard's");
        }
        var present = Addresses(link.Index);
        foreach (var address in _addresses)
        {
            var found = present.FirstOrDefault(a => a.Address.Equals(address));
            if (found is { NeedsScope: true } && link.Name != "lo")
            {
                Change(Libc.RTM_DELADDR, 0, link, address, $"remove {address} (scope global) from {name}", changes);
                found = null;
            }
            if (found is null)
            {
                Change(Libc.RTM_NEWADDR, Libc.NLM_F_CREATE | Libc.NLM_F_REPLACE, link, address,
                    $"add {address} to {link.Name}", changes);
            }
        }
    }

    private Link Create(string name, List<string> changes)
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
                changes.Add($"link {name} created ({kind})");
                return Find(name) ?? throw new NetlinkException($"link {name} vanished", Errno.ENODEV, null);
            }
            catch (NetlinkException failure) when (failure.Error is Errno.EOPNOTSUPP or Errno.ENODEV)
            {
                // This kernel has no such kind of link.
            }
        }
        return Find("lo") ?? throw new NetlinkException("find lo", Errno.ENODEV, null);
    }

    private void Delete(Link link, List<string> changes)
    {
        _netlink.Request(LinkMessage(Libc.RTM_DELLINK, Libc.NLM_F_ACK, link.Index, 0, 0), $"delete link {link.Name}");
        changes.Add($"link {link.Name} removed");
    }

    /// <summary>struct ifaddrmsg: family, prefix length, flags, scope (1 each), link index (4).</summary>
    private void Change(ushort type, int flags, Link link, IPAddress address, string what, List<string> changes)
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
        _netlink.Request(message, what);
        changes.Add(what);
    }

    private Link? Find(string name) => Libc.LinkIndex(name) is > 0 and var index ? Find(index) : null;

    private Link? Find(int index)
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

    private List<LinkAddress> Addresses(int linkIndex) => AllAddresses().Where(a => a.LinkIndex == linkIndex).ToList();

    private List<LinkAddress> AllAddresses()
    {
        Span<byte> header = stackalloc byte[8];
        header.Clear();
        var message = new NetlinkWriter().Message(Libc.RTM_GETADDR, Libc.NLM_F_DUMP).Raw(header);
        return _netlink.Request(message, "list addresses")
            .Where(reply => reply.Type == Libc.RTM_NEWADDR)
            .Select(LinkAddress.Read)
            .OfType<LinkAddress>()
            .ToList();
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

    private sealed record Link(int Index, string Name, uint Flags, string? Alias)
    {
        public static Link Read(NetlinkMessage message)
        {
            var attributes = message.Attributes(16).ToList();
            return new Link(
                MemoryMarshal.Read<int>(message.Body.AsSpan(4)),
                attributes.First(a => a.Type == Libc.IFLA_IFNAME).Text,
                MemoryMarshal.Read<uint>(message.Body.AsSpan(8)),
                attributes.Where(a => a.Type == Libc.IFLA_IFALIAS).Select(a => a.Text).FirstOrDefault());
        }
    }

    private sealed record LinkAddress(int LinkIndex, IPAddress Address, byte Scope)
    {
        /// <summary>IPv4 with another scope than link; an IPv6 address has the scope its bits say.</summary>
        public bool NeedsScope => Address.AddressFamily == AddressFamily.InterNetwork && Scope != Libc.RT_SCOPE_LINK;

        public static LinkAddress? Read(NetlinkMessage message)
        {
            var attributes = message.Attributes(8).ToList();
            var value = attributes.Where(a => a.Type == Libc.IFA_LOCAL).Select(a => a.Value)
                .Concat(attributes.Where(a => a.Type == Libc.IFA_ADDRESS).Select(a => a.Value))
                .FirstOrDefault();
            return value.Length is 4 or 16
                ? new LinkAddress(MemoryMarshal.Read<int>(message.Body.AsSpan(4)), new IPAddress(value.Span),
                    message.Body[3])
                : null;
        }
    }
}

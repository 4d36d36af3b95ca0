using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>The link with the local addresses (rtnetlink).</summary>
/// <remarks>
/// The link is of type dummy. If the kernel has no dummy links, it is a bridge without ports and with multicast off (else
/// it would send IGMP from our address); if it has no bridges either, lo is used. An address answers because it is in the
/// local routing table, whatever the link's state. IPv4 addresses get scope link: with scope global, the host would use
/// them as source of its own traffic over unnumbered interfaces. IPv6 addresses get nodad, because a tentative address
/// cannot be bound.
/// </remarks>
internal sealed class NodeLink : IDisposable
{
    /// <summary>IFLA_IFALIAS of a link that a guard has made or adopted.</summary>
    public const string Alias = "node-dns-cache guard";

    /// <summary>IFA_PROTO of addresses that a guard has added. It also marks our addresses on lo, which gets no alias.
    /// Kernels before 5.18 ignore it.</summary>
    private const byte OwnProtocol = 0x35;

    private const string Intercepts = "; intercepts ";
    private const int AliasCapacity = 255;

    private readonly NetlinkSocket _netlink = new(Libc.NETLINK_ROUTE);
    private readonly string _name;
    private List<string>? _formerLinks;

    public NodeLink(string name)
    {
        _name = name;
        HoldName = name.Length > 13 ? name[..13] + "-2" : name + "-2";
    }

    /// <summary>A second link that holds the addresses while another program owns <c>nodelocaldns</c> and is going to
    /// remove it.</summary>
    public string HoldName { get; }

    /// <summary>Creates or repairs the link and its addresses. If one address cannot be added, the others still
    /// are.</summary>
    /// <param name="changes">Receives a description of each change.</param>
    /// <exception cref="NetlinkException">EPERM: CAP_NET_ADMIN is missing.</exception>
    public NodeReport Ensure(DesiredNode desired, Action<string> changes)
    {
        var absent = new List<AbsentAddress>();
        if (desired.IsShared)
        {
            EnsureLink(HoldName, desired, absent, changes);
            return new NodeReport([], absent);
        }
        var rescope = Find(_name) is { } link && Addresses(link.Index).Any(a => a.NeedsScope
            && desired.Addresses.Contains(a.Address));
        if (rescope)
        {
            // The scope of an address cannot be changed, so the address is removed and added again. A second link keeps
            // it in the routing table meanwhile.
            EnsureLink(HoldName, desired, [], changes);
        }
        var unwanted = EnsureLink(_name, desired, absent, changes);
        if (Find(HoldName) is { } hold)
        {
            Delete(hold, changes);
        }
        foreach (var former in _formerLinks ??= FormerLinks())
        {
            unwanted.AddRange(MoveFrom(former, desired, changes));
        }
        return new NodeReport(unwanted, absent);
    }

    /// <summary>Removes our links. If lo was used instead, removes our addresses from lo.</summary>
    public void Remove(IReadOnlyCollection<IPAddress> addresses, Action<string> changes)
    {
        foreach (var name in new[] { _name, HoldName, "lo" })
        {
            if (Find(name) is not { } link)
            {
                continue;
            }
            foreach (var address in Addresses(link.Index).Where(a => addresses.Contains(a.Address)))
            {
                Change(Libc.RTM_DELADDR, 0, link, address.Address, $"remove {address.Address} from {name}", changes);
            }
            if (name != "lo" && IsOurs(link) && Addresses(link.Index).All(a => a.Address.IsIPv6LinkLocal))
            {
                Delete(link, changes);
            }
        }
    }

    /// <summary>Removes one address from whichever of our links has it.</summary>
    public void RemoveAddress(IPAddress address, Action<string> changes)
    {
        foreach (var name in new[] { _name, HoldName, "lo" })
        {
            if (Find(name) is { } link && Addresses(link.Index).Any(a => a.Address.Equals(address)))
            {
                Change(Libc.RTM_DELADDR, 0, link, address, $"remove {address} from {name}", changes);
            }
        }
    }

    /// <summary>Other links that carry one of the addresses, as (address, link name).</summary>
    public IEnumerable<(IPAddress Address, string Link)> Elsewhere(IReadOnlyCollection<IPAddress> addresses)
    {
        var ours = new[] { Libc.LinkIndex(_name), Libc.LinkIndex(HoldName), Libc.LinkIndex("lo") };
        return AllAddresses()
            .Where(a => addresses.Contains(a.Address) && !ours.Contains(a.LinkIndex))
            .Select(a => (a.Address, Find(a.LinkIndex)?.Name ?? $"link {a.LinkIndex}"))
            .ToList();
    }

    public void Dispose() => _netlink.Dispose();

    /// <summary>Links left by a guard with another --interface. Lists all links of the node, so it is called
    /// once.</summary>
    private List<string> FormerLinks()
    {
        var found = new List<string>();
        _netlink.Request(LinkMessage(Libc.RTM_GETLINK, Libc.NLM_F_DUMP, 0, 0, 0), "list links", message =>
        {
            if (message.Type == Libc.RTM_NEWLINK && message.Body.Span.IndexOf(Encoding.ASCII.GetBytes(Alias)) >= 0
                && Link.Read(message) is var link && IsOurs(link) && link.Name != _name && link.Name != HoldName)
            {
                found.Add(link.Name);
            }
        });
        return found;
    }

    /// <summary>Deletes such a link, unless it carries an address that our own link does not have.</summary>
    /// <returns>The addresses that it carries and that are not desired.</returns>
    private List<UnwantedAddress> MoveFrom(string former, DesiredNode desired, Action<string> changes)
    {
        if (Find(former) is not { } link)
        {
            return [];
        }
        var wereIntercepted = InterceptedOf(link);
        var unwanted = Addresses(link.Index).Select(a => a.Address)
            .Where(a => !a.IsIPv6LinkLocal && !desired.Answering.Contains(a) && !desired.Gone.Contains(a))
            .Select(a => new UnwantedAddress(a, wereIntercepted.Contains(a)))
            .ToList();
        if (unwanted.Count == 0)
        {
            Delete(link, changes);
        }
        return unwanted;
    }

    /// <returns>Our other addresses that were found on the link.</returns>
    private List<UnwantedAddress> EnsureLink(string name, DesiredNode desired, List<AbsentAddress> absent, Action<string> changes)
    {
        var link = Find(name) ?? Create(name, changes);
        var isLoopback = link.Name == "lo";
        var present = Addresses(link.Index);
        var wereIntercepted = InterceptedOf(link);
        var unwanted = present
            .Where(a => !isLoopback || a.IsMarked)
            .Where(a => !a.Address.IsIPv6LinkLocal && !desired.Answering.Contains(a.Address))
            .ToList();
        foreach (var address in unwanted.Where(a => desired.Gone.Contains(a.Address)).ToList())
        {
            Change(Libc.RTM_DELADDR, 0, link, address.Address, $"remove {address.Address} from {name}", changes);
            unwanted.Remove(address);
        }
        var alias = AliasOf(desired.Intercepted.Concat(
            unwanted.Select(a => a.Address).Concat(desired.Leaving).Where(wereIntercepted.Contains)));
        if (!isLoopback && (link.Alias != alias || (link.Flags & Libc.IFF_UP) == 0 || (link.Flags & Libc.IFF_MULTICAST) != 0))
        {
            _netlink.Request(
                LinkMessage(Libc.RTM_NEWLINK, Libc.NLM_F_ACK, link.Index, Libc.IFF_UP, Libc.IFF_UP | Libc.IFF_MULTICAST)
                    .Text(Libc.IFLA_IFALIAS, alias),
                $"set {name} up");
            changes(IsOurs(link) ? $"link {name} set up again" : $"link {name} is now the guard's");
        }
        foreach (var address in desired.Answering)
        {
            try
            {
                EnsureAddress(link, address, present.Find(a => a.Address.Equals(address)), changes);
            }
            catch (NetlinkException failure) when (failure.Error != Errno.EPERM)
            {
                absent.Add(new AbsentAddress(address, failure.Message));
            }
        }
        return [.. unwanted.Select(a => new UnwantedAddress(a.Address, wereIntercepted.Contains(a.Address)))];
    }

    private void EnsureAddress(Link link, IPAddress address, LinkAddress? found, Action<string> changes)
    {
        if (found is { NeedsScope: true } && link.Name != "lo")
        {
            Change(Libc.RTM_DELADDR, 0, link, address, $"remove {address} (scope global) from {link.Name}", changes);
            found = null;
        }
        if (found is null)
        {
            Change(Libc.RTM_NEWADDR, Libc.NLM_F_CREATE | Libc.NLM_F_REPLACE, link, address,
                $"add {address} to {link.Name}", changes);
        }
    }

    private static bool IsOurs(Link link) => link.Alias is { } alias && alias.StartsWith(Alias, StringComparison.Ordinal);

    /// <summary>The alias, which records the ClusterIPs that are on the link.</summary>
    private static string AliasOf(IEnumerable<IPAddress> intercepted)
    {
        var list = string.Join(',', intercepted.Distinct());
        return list.Length is > 0 and < AliasCapacity - 60 ? Alias + Intercepts + list : Alias;
    }

    private static HashSet<IPAddress> InterceptedOf(Link link) =>
        link.Alias?.IndexOf(Intercepts, StringComparison.Ordinal) is >= 0 and var at
            ? [.. link.Alias[(at + Intercepts.Length)..].Split(',')
                .Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>()]
            : [];

    private Link Create(string name, Action<string> changes)
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
                changes($"link {name} created ({kind})");
                return Find(name) ?? throw new NetlinkException($"link {name} vanished", Errno.ENODEV, null);
            }
            catch (NetlinkException failure) when (failure.Error is Errno.EOPNOTSUPP or Errno.ENODEV)
            {
                // This kernel does not support this kind of link.
            }
        }
        return Find("lo") ?? throw new NetlinkException("find lo", Errno.ENODEV, null);
    }

    private void Delete(Link link, Action<string> changes)
    {
        _netlink.Request(LinkMessage(Libc.RTM_DELLINK, Libc.NLM_F_ACK, link.Index, 0, 0), $"delete link {link.Name}");
        changes($"link {link.Name} removed");
    }

    /// <summary>struct ifaddrmsg: family, prefix length, flags, scope (1 octet each), link index (4).</summary>
    private void Change(ushort type, int flags, Link link, IPAddress address, string what, Action<string> changes)
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
        message.Attribute(Libc.IFA_PROTO, [OwnProtocol]);
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
        changes(what);
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

    /// <summary>struct ifinfomsg: family (1 octet), padding (1), type (2), index (4), flags (4), change mask
    /// (4).</summary>
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
                MemoryMarshal.Read<int>(message.Body.Span[4..]),
                attributes.First(a => a.Type == Libc.IFLA_IFNAME).Text,
                MemoryMarshal.Read<uint>(message.Body.Span[8..]),
                attributes.Where(a => a.Type == Libc.IFLA_IFALIAS).Select(a => a.Text).FirstOrDefault());
        }
    }

    private sealed record LinkAddress(int LinkIndex, IPAddress Address, byte Scope, bool IsMarked)
    {
        /// <summary>An IPv4 address with a scope other than link. The scope of an IPv6 address follows from its
        /// bits.</summary>
        public bool NeedsScope => Address.AddressFamily == AddressFamily.InterNetwork && Scope != Libc.RT_SCOPE_LINK;

        public static LinkAddress? Read(NetlinkMessage message)
        {
            var attributes = message.Attributes(8).ToList();
            var value = attributes.Where(a => a.Type == Libc.IFA_LOCAL).Select(a => a.Value)
                .Concat(attributes.Where(a => a.Type == Libc.IFA_ADDRESS).Select(a => a.Value))
                .FirstOrDefault();
            return value.Length is 4 or 16
                ? new LinkAddress(MemoryMarshal.Read<int>(message.Body.Span[4..]), new IPAddress(value.Span),
                    message.Body.Span[3],
                    attributes.Any(a => a.Type == Libc.IFA_PROTO && a.Value.Span is [OwnProtocol]))
                : null;
        }
    }
}

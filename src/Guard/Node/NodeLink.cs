using System.Net;
using System.Net.Sockets;
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
    private readonly LinkTable _links;
    private readonly string? _name;
    private List<string>? _formerLinks;

    /// <param name="name">null when another program owns the addresses. Links of an earlier guard are then deleted as
    /// soon as that program has the addresses.</param>
    /// <param name="changes">Receives a description of each change.</param>
    public NodeLink(string? name, Action<string> changes)
    {
        _name = name;
        _links = new LinkTable(changes);
        HoldName = name is null ? null : name.Length > 13 ? name[..13] + "-2" : name + "-2";
    }

    /// <summary>A second link that holds the addresses while another program owns <c>nodelocaldns</c> and is going to
    /// remove it.</summary>
    public string? HoldName { get; }

    /// <summary>Creates or repairs the link and its addresses. If one address cannot be added, the others still
    /// are.</summary>
    /// <exception cref="NetlinkException">EPERM: CAP_NET_ADMIN is missing.</exception>
    public NodeReport Ensure(DesiredNode desired)
    {
        var report = new NodeReport();
        if (_name is { } name)
        {
            EnsureOwn(name, desired, report);
        }
        if (!desired.IsShared)
        {
            foreach (var former in Former())
            {
                MoveFrom(former, desired, report);
            }
        }
        return report;
    }

    /// <summary>Removes our links. If lo was used instead, removes our addresses from lo.</summary>
    public void Remove(IReadOnlyCollection<IPAddress> addresses)
    {
        foreach (var link in OwnLinks())
        {
            foreach (var address in _links.Addresses(link.Index).Where(a => addresses.Contains(a.Address)))
            {
                _links.Remove(address.Address, link);
            }
            if (!link.IsLoopback && link.IsOurs && _links.Addresses(link.Index).All(a => a.Address.IsIPv6LinkLocal))
            {
                _links.Delete(link);
            }
        }
    }

    /// <summary>Removes one address from whichever of our links has it.</summary>
    public void RemoveAddress(IPAddress address)
    {
        foreach (var link in OwnLinks().Where(link => _links.Addresses(link.Index).Exists(a => a.Address.Equals(address))))
        {
            _links.Remove(address, link);
        }
    }

    /// <summary>Links other than ours that carry one of the addresses, as (address, link name).</summary>
    public IEnumerable<(IPAddress Address, string Link)> Elsewhere(IReadOnlyCollection<IPAddress> addresses)
    {
        var ours = OwnLinks().Select(link => link.Index).ToHashSet();
        return _links.Carriers(addresses)
            .Where(a => !ours.Contains(a.LinkIndex))
            .Select(a => (a.Address, _links.Find(a.LinkIndex)?.Name ?? $"link {a.LinkIndex}"))
            .ToList();
    }

    public void Dispose() => _links.Dispose();

    private void EnsureOwn(string name, DesiredNode desired, NodeReport report)
    {
        if (desired.IsShared)
        {
            EnsureLink(HoldName!, desired, report);
            report.Unwanted.Clear();
            return;
        }
        if (_links.Find(name) is { } link && _links.Addresses(link.Index).Exists(a => a.NeedsScope && desired.Addresses.Contains(a.Address)))
        {
            // The scope of an address cannot be changed, so the address is removed and added again. A second link keeps
            // it in the routing table meanwhile.
            EnsureLink(HoldName!, desired, new NodeReport());
        }
        EnsureLink(name, desired, report);
        if (_links.Find(HoldName!) is { } hold)
        {
            GiveUp(hold, desired, report);
        }
    }

    /// <summary>The links of guards that had another --interface. All links of the node are read once to find
    /// them.</summary>
    private IEnumerable<Link> Former() =>
        (_formerLinks ??= [.. _links.Ours().Select(link => link.Name).Where(name => name != _name && name != HoldName)])
        .Select(_links.Find).OfType<Link>();

    private List<Link> OwnLinks() =>
    [
        .. (_name is null ? [] : new[] { _name, HoldName!, "lo" }).Select(_links.Find).OfType<Link>(),
        .. Former(),
    ];

    /// <summary>Deletes a former link once its wanted addresses are elsewhere.</summary>
    private void MoveFrom(Link link, DesiredNode desired, NodeReport report)
    {
        var addresses = _links.Addresses(link.Index).Select(a => a.Address).Where(a => !a.IsIPv6LinkLocal).ToList();
        var unwanted = addresses.Where(a => !desired.Answering.Contains(a) && !desired.Gone.Contains(a)).ToList();
        report.Found(unwanted, link.Intercepted);
        foreach (var gone in addresses.Where(desired.Gone.Contains))
        {
            _links.Remove(gone, link);
        }
        if (unwanted.Count == 0)
        {
            GiveUp(link, desired, report);
        }
    }

    /// <summary>Deletes a link if every wanted address on it would still be answered without it.</summary>
    private void GiveUp(Link link, DesiredNode desired, NodeReport report)
    {
        var needed = _links.Addresses(link.Index).Select(a => a.Address).Where(desired.Answering.Contains).ToHashSet();
        if (_name is null)
        {
            var ours = Former().Select(former => former.Index).ToHashSet();
            needed.ExceptWith(_links.Carriers(needed).Where(a => !ours.Contains(a.LinkIndex)).Select(a => a.Address));
        }
        else if ((_links.Find(_name) ?? _links.Find("lo")) is { } own)
        {
            // The kernel adds the route of an IPv6 address on another thread, which waits for a lock that is held for
            // tens of milliseconds while a link is being deleted. So the route must exist before the link is deleted.
            var routed = _links.Routed(own.Index);
            var onOwn = _links.Addresses(own.Index).Select(a => a.Address);
            needed.ExceptWith(onOwn.Where(a => a.AddressFamily != AddressFamily.InterNetworkV6 || routed.Contains(a)));
            needed.ExceptWith(report.Absent.Select(a => a.Address));
            report.IsUnfinished |= needed.Count > 0;
        }
        if (needed.Count == 0)
        {
            _links.Delete(link);
        }
    }

    private void EnsureLink(string name, DesiredNode desired, NodeReport report)
    {
        var link = _links.Find(name) ?? _links.Create(name);
        var present = _links.Addresses(link.Index);
        var unwanted = present
            .Where(a => !link.IsLoopback || a.IsMarked)
            .Select(a => a.Address)
            .Where(a => !a.IsIPv6LinkLocal && !desired.Answering.Contains(a))
            .ToList();
        foreach (var address in unwanted.Where(desired.Gone.Contains).ToList())
        {
            _links.Remove(address, link);
            unwanted.Remove(address);
        }
        if (!link.IsLoopback)
        {
            _links.SetUp(link, Link.AliasOf(desired.Intercepted.Concat(unwanted.Where(link.Intercepted.Contains))));
        }
        foreach (var address in desired.Answering)
        {
            try
            {
                EnsureAddress(link, address, present.Find(a => a.Address.Equals(address)));
            }
            catch (NetlinkException failure) when (failure.Error != Errno.EPERM)
            {
                report.Absent.Add(new AbsentAddress(address, failure.Message));
            }
        }
        report.Found(unwanted, link.Intercepted);
    }

    private void EnsureAddress(Link link, IPAddress address, LinkAddress? found)
    {
        if (found is { NeedsScope: true } && !link.IsLoopback)
        {
            _links.Remove(address, link, " (scope global)");
            found = null;
        }
        if (found is null)
        {
            _links.Add(address, link);
        }
    }
}

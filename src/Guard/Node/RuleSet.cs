using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>The packet rules, as nf_tables or iptables, whichever this node uses. Also removes rules of the other kind
/// that an earlier guard may have left.</summary>
internal sealed class RuleSet : IDisposable
{
    private static readonly AddressFamily[] s_families = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];

    private readonly NodeOptions _options;
    private readonly INodeLog _log;

    /// <summary>null when this kernel has no nf_tables.</summary>
    private readonly NotrackRules? _nft;

    private readonly Leftovers _leftovers;
    private bool _fallenBack;
    private bool _isCleared;

    /// <summary>The address families that have or had addresses here.</summary>
    private readonly HashSet<AddressFamily> _touched = [];

    public RuleSet(NodeOptions options, INodeLog log)
    {
        _options = options;
        _log = log;
        if (NotrackRules.AreInKernel())
        {
            _nft = new NotrackRules(options.DnsPort);
        }
        else
        {
            log.Changed("this kernel has no nf_tables");
        }
        _leftovers = new Leftovers(_nft is not null);
    }

    /// <summary>The rules are in an nf_tables table of ours.</summary>
    [MemberNotNullWhen(true, nameof(_nft))]
    public bool HasNftables => _nft is not null && !_fallenBack && _options.Rules is RulesMode.Auto or RulesMode.Nftables;

    private bool HasIptables => _options.Rules != RulesMode.Off && !HasNftables;

    /// <summary>Makes DNS to and from these addresses bypass conntrack, and DNS to all others not.</summary>
    /// <exception cref="InvalidOperationException">The kind of rules that was asked for is not available.</exception>
    public void EnsureNotrack(IReadOnlyCollection<IPAddress> serving, IReadOnlyCollection<IPAddress> answering)
    {
        if (_options.Rules == RulesMode.Nftables && _nft is null)
        {
            throw new InvalidOperationException("--rules nftables: this kernel has no nf_tables: choose iptables");
        }
        if (HasNftables)
        {
            try
            {
                if (_nft.Ensure(serving, answering) is { } change)
                {
                    _log.Changed(change);
                }
                return;
            }
            catch (NetlinkException failure)
                when (_options.Rules == RulesMode.Auto && failure.Error is Errno.EOPNOTSUPP or Errno.EPROTONOSUPPORT)
            {
                _fallenBack = true;
                _log.Changed("this kernel's nf_tables cannot do it: using iptables");
            }
        }
        if (HasIptables)
        {
            Iptables.Ensure(serving, answering, Families(answering), _options.DnsPort, notrack: true, _nft is null, _log.Changed);
        }
        _nft?.RemoveSoon();
    }

    /// <summary>Adds ACCEPT rules to the host's own chains, if they are asked for.</summary>
    public void EnsureAccept(IReadOnlyCollection<IPAddress> addresses)
    {
        if (_options.HostAccept == HostAcceptMode.On)
        {
            Iptables.Ensure(addresses, addresses, Families(addresses), _options.DnsPort, notrack: false, _nft is null, _log.Changed);
        }
    }

    /// <summary>Another program that makes such rules is running, so look for leftovers again later.</summary>
    public void LeftoversMayCome() => _isCleared = false;

    /// <summary>Removes node-cache's rules, and ours of a kind that is not wanted. Does so only once.</summary>
    public void RemoveLeftovers()
    {
        if (_isCleared)
        {
            return;
        }
        // Set this even if removing fails: looking costs time, and the next check would fail too.
        _isCleared = true;
        if (HasIptables)
        {
            ClearOtherFamilies();
        }
        string[] theirs = _options.HostAccept == HostAcceptMode.Auto ? ["raw"] : ["raw", "filter"];
        if (_leftovers.Remove(Iptables.NodeCacheComment, theirs) is > 0 and var removed)
        {
            _log.Changed($"{removed} iptables rules of node-cache removed");
        }
        string[] ours =
        [
            .. HasNftables || _options.Rules == RulesMode.Off ? ["raw"] : Array.Empty<string>(),
            .. _options.HostAccept == HostAcceptMode.On ? Array.Empty<string>() : ["filter"],
        ];
        if (_leftovers.Remove(Iptables.OwnComment, ours) is > 0 and var former)
        {
            _log.Changed($"{former} iptables rules of a guard with other options removed");
        }
    }

    /// <summary>True when <c>--exit-mode auto</c> may flip: the kernel has nf_tables, and the guard may add
    /// rules.</summary>
    public bool MayFlip => _nft is not null && _options.Rules != RulesMode.Off;

    /// <summary>See <see cref="NotrackRules.Flip"/>.</summary>
    /// <param name="answering">Addresses from which replies are still sent for a while.</param>
    /// <exception cref="InvalidOperationException">This kernel has no nf_tables.</exception>
    public void Flip(
        IReadOnlyCollection<IPAddress> addresses, IReadOnlyCollection<IPAddress> answering,
        IReadOnlyCollection<IPEndPoint> endPoints, TimeSpan time)
    {
        if (_nft is null)
        {
            throw new InvalidOperationException("--exit-mode flip: this kernel has no nf_tables: choose refuse or teardown");
        }
        _nft.Flip(addresses, endPoints, time);
        if (HasIptables)
        {
            // Not before the flip: a query that conntrack sees earlier would bind its client's port to this node.
            Iptables.Ensure([], answering, Families(answering), _options.DnsPort, notrack: true, _nft is null, _log.Changed);
        }
    }

    /// <summary>Removes all our rules.</summary>
    public void Remove()
    {
        _nft?.Remove();
        if (HasIptables)
        {
            Iptables.Ensure([], [], Families([]), _options.DnsPort, notrack: true, _nft is null, _log.Changed);
        }
        if (_options.HostAccept == HostAcceptMode.On)
        {
            Iptables.Ensure([], [], Families([]), _options.DnsPort, notrack: false, _nft is null, _log.Changed);
        }
    }

    public void Dispose()
    {
        _nft?.Dispose();
        _leftovers.Dispose();
    }

    private HashSet<AddressFamily> Families(IEnumerable<IPAddress> addresses)
    {
        _touched.UnionWith(addresses.Select(a => a.AddressFamily));
        return [.. _touched];
    }

    /// <summary>Removes our rules of address families that only an earlier guard used.</summary>
    private void ClearOtherFamilies()
    {
        foreach (var family in s_families.Where(f => !_touched.Contains(f)
            && Iptables.Find(f == AddressFamily.InterNetworkV6 ? "ip6tables" : "iptables") is not null))
        {
            try
            {
                Iptables.Ensure([], [], [family], _options.DnsPort, notrack: true, _nft is null, _log.Changed);
            }
            catch (IptablesException)
            {
                // The kernel may lack this family; then it has no such rules.
            }
        }
    }
}

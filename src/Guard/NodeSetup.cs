using System.Net;
using NodeDns.Guard.Node;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard;

/// <summary>All that the guard sets up on the node. Each part fails alone: an address without rules still
/// answers. One thread at a time, and not one that must not wait.</summary>
internal sealed class NodeSetup : IDisposable
{
    private readonly GuardOptions _options;
    private readonly GuardMetrics _metrics;
    private readonly GuardLog _log;
    private readonly NodeLink? _link;
    private readonly NotrackRules? _rules;
    private readonly Leftovers _leftovers;
    private readonly Dictionary<string, string> _standing = [];
    private EndPointFinder? _finder;
    private IReadOnlyList<IPEndPoint> _endPoints = [];
    private readonly bool _hasNftables;
    private volatile bool _fallenBack;

    public NodeSetup(GuardOptions options, GuardMetrics metrics, GuardLog log)
    {
        _options = options;
        _metrics = metrics;
        _log = log;
        _link = options.InterfaceName is { } name ? new NodeLink(name, options.AllAddresses) : null;
        _hasNftables = NotrackRules.AreInKernel();
        if (!_hasNftables)
        {
            log.Info("this kernel has no nf_tables");
        }
        else if (options.Rules is RulesMode.Auto or RulesMode.Nftables)
        {
            _rules = new NotrackRules(options.DnsPort);
        }
        _leftovers = new Leftovers(_hasNftables);
    }

    /// <summary>The rules are an nf_tables table of ours.</summary>
    public bool HasNftables => _rules is not null && !_fallenBack;

    /// <summary>Makes everything what it should be, and says what it changed.</summary>
    /// <param name="serving">The addresses that are to be answered here; the others belong to kube-proxy.</param>
    /// <param name="foreignInUse">Another program, node-cache, still serves at our addresses.</param>
    public void Ensure(IReadOnlyCollection<IPAddress> serving, bool foreignInUse)
    {
        if (_link is not null)
        {
            Try(GuardProblem.Link, () => Report(_link.Ensure(foreignInUse)));
            Try(GuardProblem.AddressElsewhere, () => CheckElsewhere(_link));
        }
        Try(GuardProblem.Rules, () => EnsureRules(serving));
        if (_options.HostAccept == HostAcceptMode.On)
        {
            Try(GuardProblem.HostAccept, () => Report(Iptables.Ensure(serving, _options.DnsPort, notrack: false, !_hasNftables)));
        }
        if (!foreignInUse)
        {
            Try(GuardProblem.Leftovers, () =>
            {
                var removed = _leftovers.Remove(keepAccept: _options.HostAccept == HostAcceptMode.Auto);
                if (removed > 0)
                {
                    _log.Info($"{removed} iptables rules of node-cache removed");
                }
            });
        }
        if (_options.ExitMode != ExitMode.Teardown)
        {
            Try(GuardProblem.Sysctl, () => Report(NodeSysctls.Ensure() is { } change ? [change] : []));
        }
        if (_options.ExitMode == ExitMode.Flip && _options.FlipTo.Count == 0)
        {
            Try(GuardProblem.Flip, FindEndPoints);
        }
    }

    /// <summary>What the exit mode says: clients are sent on to cluster DNS for a while, and intercepted addresses go back
    /// to kube-proxy, which takes over with the next packet. What has been read can still be answered.</summary>
    public void Leave()
    {
        if (_options.ExitMode == ExitMode.Flip)
        {
            Try(GuardProblem.Flip, Flip);
        }
        if (_options.Intercepted.Count > 0)
        {
            Try(GuardProblem.Rules, () => EnsureRules(_options.Addresses));
        }
    }

    /// <summary>The last replies are out: a source address is needed no more.</summary>
    public void Finish()
    {
        if (_options.ExitMode == ExitMode.Teardown)
        {
            Remove();
        }
        Try(GuardProblem.Link, () =>
        {
            foreach (var address in _options.Intercepted)
            {
                _link?.RemoveAddress(address);
            }
        });
    }

    public void Dispose()
    {
        _link?.Dispose();
        _rules?.Dispose();
        _leftovers.Dispose();
        _finder?.Dispose();
    }

    private void Remove()
    {
        if (_link is not null)
        {
            Try(GuardProblem.Link, () => Report(_link.Remove()));
        }
        Try(GuardProblem.Rules, () =>
        {
            _rules?.Remove();
            if (_options.Rules != RulesMode.Off && !HasNftables)
            {
                Iptables.Remove(_options.AllAddresses, _options.DnsPort, notrack: true, !_hasNftables);
            }
            if (_options.HostAccept == HostAcceptMode.On)
            {
                Iptables.Remove(_options.AllAddresses, _options.DnsPort, notrack: false, !_hasNftables);
            }
        });
    }

    private void Flip()
    {
        if (_rules is null || _fallenBack)
        {
            throw new InvalidOperationException("--exit-mode flip needs nf_tables: choose refuse or teardown");
        }
        var endPoints = _options.FlipTo.Count > 0 ? _options.FlipTo : _endPoints;
        _rules.Flip(_options.Addresses, endPoints, _options.FlipFor);
        _log.Info($"clients are sent to {string.Join(", ", endPoints)} for {_options.FlipFor.TotalSeconds} s");
    }

    /// <summary>Where a flip would send clients; looked up while there is time.</summary>
    private void FindEndPoints()
    {
        try
        {
            _finder ??= new EndPointFinder();
            _endPoints =
            [
                .. _options.ClusterDns.GroupBy(server => server.AddressFamily)
                    .Select(servers => _finder.Find(servers.First(), _options.ProbeName)),
            ];
        }
        catch (SyscallException failure)
        {
            throw new InvalidOperationException($"endpoints of cluster DNS: {failure.Message}: give --flip-to");
        }
    }

    private static void CheckElsewhere(NodeLink link)
    {
        if (link.Elsewhere().FirstOrDefault() is { Address: not null } other)
        {
            throw new InvalidOperationException(
                $"{other.Address} is also on link {other.Link}: remove it there, or give --address another one "
                + "(kube-ipvs0 means kube-proxy runs in IPVS mode: leave --intercept-cluster-dns out)");
        }
    }

    private void EnsureRules(IReadOnlyCollection<IPAddress> serving)
    {
        if (_options.Rules == RulesMode.Off)
        {
            return;
        }
        if (_rules is not null && !_fallenBack)
        {
            try
            {
                Report(_rules.Ensure(serving, _options.AllAddresses) is { } change ? [change] : []);
                return;
            }
            catch (NetlinkException failure)
                when (_options.Rules == RulesMode.Auto && failure.Error is Errno.EOPNOTSUPP or Errno.EPROTONOSUPPORT)
            {
                _fallenBack = true;
                _log.Info("this kernel's nf_tables cannot do it: using iptables");
            }
        }
        else if (_options.Rules == RulesMode.Nftables)
        {
            throw new InvalidOperationException("--rules nftables: this kernel has no nf_tables: choose iptables");
        }
        Report(Iptables.Ensure(serving, _options.DnsPort, notrack: true, !_hasNftables));
    }

    private void Report(List<string> changes)
    {
        foreach (var change in changes)
        {
            _log.Info(change);
        }
    }

    /// <summary>Runs one part; a problem is counted and logged when it appears, not each time it is still
    /// there.</summary>
    private void Try(string reason, Action part)
    {
        const int longMs = 500;
        var begunMs = Environment.TickCount64;
        try
        {
            part();
            if (_standing.Remove(reason))
            {
                _log.Info($"{reason}: in order again");
            }
        }
        catch (Exception failure) when (failure is NetlinkException or SyscallException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            var denied = failure is NetlinkException { Error: Errno.EPERM };
            var message = denied ? $"{failure.Message}: give the container CAP_NET_ADMIN" : failure.Message;
            if (!_standing.TryGetValue(reason, out var known) || known != message)
            {
                _standing[reason] = message;
                _metrics.Problem(denied ? GuardProblem.Capability : reason, message);
            }
        }
        if (Environment.TickCount64 - begunMs is > longMs and var tookMs)
        {
            _log.Warning($"{reason}: looking after it took {tookMs} ms: somebody holds the kernel's lock");
        }
    }
}

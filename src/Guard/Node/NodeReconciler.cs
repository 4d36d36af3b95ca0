using System.Net;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>Makes the node what it should be: adds what is missing and removes what is a guard's own and no longer
/// desired. Each part is tried separately, because an address without rules still answers. Used by one thread at a
/// time; calls may block for seconds.</summary>
internal sealed class NodeReconciler : IDisposable
{
    private readonly NodeOptions _options;
    private readonly INodeLog _log;
    private readonly NodeLink _link;
    private readonly RuleSet _rules;
    private readonly Dictionary<NodePart, string> _standing = [];
    private IReadOnlyList<IPEndPoint> _endPoints = [];
    private IReadOnlyList<IPAddress> _intercepted = [];
    private EndPointFinder? _finder;

    public NodeReconciler(NodeOptions options, INodeLog log)
    {
        _options = options;
        _log = log;
        _link = new NodeLink(options.InterfaceName, log.Changed);
        _rules = new RuleSet(options, log);
    }

    /// <summary>The rules are in an nf_tables table of ours.</summary>
    public bool HasNftables => _rules.HasNftables;

    /// <summary>Reconciles all parts and reports what it found.</summary>
    public NodeReport Reconcile(DesiredNode desired)
    {
        var report = new NodeReport();
        Try(NodePart.Link, () =>
        {
            report = _link.Ensure(desired);
            if (report.Absent is [var absent, ..])
            {
                throw new InvalidOperationException(absent.Problem);
            }
        });
        if (_options.InterfaceName is not null)
        {
            Try(NodePart.AddressElsewhere, () => CheckElsewhere(_link, desired.Addresses));
        }
        // Addresses that were just found are served as before until the guard has decided about them.
        var serving = desired.Serving.Concat(report.Unwanted.Where(u => !u.WasIntercepted).Select(u => u.Address)).ToList();
        Try(NodePart.Rules, () =>
        {
            _rules.EnsureNotrack(serving, [.. desired.Answering, .. report.Unwanted.Select(u => u.Address)]);
            ChangeHands(
                [.. desired.Serving.Intersect(desired.Intercepted)],
                [.. report.Unwanted.Where(u => u.WasIntercepted).Select(u => u.Address)]);
        });
        Try(NodePart.HostAccept, () => _rules.EnsureAccept(desired.Addresses));
        if (!desired.IsShared)
        {
            Try(NodePart.Leftovers, _rules.RemoveLeftovers);
        }
        else
        {
            _rules.LeftoversMayCome();
        }
        if (_options.ExitMode != ExitMode.Teardown)
        {
            Try(NodePart.Sysctl, () =>
            {
                if (NodeSysctls.Ensure(desired.Addresses.Select(a => a.AddressFamily)) is { } change)
                {
                    _log.Changed(change);
                }
            });
        }
        if (_options.ExitMode is ExitMode.Auto or ExitMode.Flip && _options.FlipTo.Count == 0)
        {
            Try(NodePart.Flip, FindEndPoints);
        }
        return report;
    }

    /// <summary>Does what the exit mode says. A flip redirects clients to cluster DNS for a while; intercepted
    /// addresses go back to kube-proxy with the next packet. Queries that have been read can still be
    /// answered.</summary>
    /// <param name="own">The addresses that are not ClusterIPs.</param>
    /// <returns>What was really done; a flip that fails becomes refuse.</returns>
    public ExitMode Leave(IReadOnlyList<IPAddress> own, IReadOnlyList<IPAddress> all)
    {
        var mode = _options.ExitMode != ExitMode.Auto ? _options.ExitMode
            : _rules.MayFlip && FlipTargets.Count > 0 ? ExitMode.Flip : ExitMode.Refuse;
        var isFlipped = false;
        if (mode == ExitMode.Flip)
        {
            Try(NodePart.Flip, () =>
            {
                Flip(own, all);
                isFlipped = true;
            });
        }
        if (!isFlipped && own.Count < all.Count)
        {
            Try(NodePart.Rules, () => _rules.EnsureNotrack(own, all));
        }
        return mode == ExitMode.Flip && !isFlipped ? ExitMode.Refuse : mode;
    }

    /// <summary>Removes addresses that had to stay until the last replies were sent.</summary>
    /// <param name="left">What <see cref="Leave"/> returned.</param>
    /// <param name="intercepted">The ClusterIPs, which kube-proxy handles again.</param>
    /// <param name="all">All our addresses.</param>
    public void Finish(ExitMode left, IReadOnlyList<IPAddress> intercepted, IReadOnlyList<IPAddress> all)
    {
        if (left == ExitMode.Teardown)
        {
            Try(NodePart.Link, () => _link.Remove(all));
            Try(NodePart.Rules, _rules.Remove);
            return;
        }
        Try(NodePart.Link, () =>
        {
            foreach (var address in intercepted)
            {
                _link.RemoveAddress(address);
            }
        });
        if (intercepted.Count > 0)
        {
            var own = all.Except(intercepted).ToList();
            Try(NodePart.Rules, () => _rules.EnsureNotrack(left == ExitMode.Flip ? [] : own, own));
        }
    }

    public void Dispose()
    {
        _link.Dispose();
        _rules.Dispose();
        _finder?.Dispose();
    }

    /// <summary>Ends the TCP connections of ClusterIPs whose packets begin to arrive here, or cease to: the other side of
    /// each connection is now elsewhere, and would not always say so.</summary>
    /// <param name="intercepted">Those that are served here now.</param>
    /// <param name="released">Those that an earlier guard has served.</param>
    private void ChangeHands(IReadOnlyList<IPAddress> intercepted, IReadOnlyList<IPAddress> released)
    {
        var begun = intercepted.Except(_intercepted).ToList();
        var ended = _intercepted.Except(intercepted).Concat(released).ToList();
        _intercepted = intercepted;
        try
        {
            if (ended.Count > 0 && TcpReset.Reset(ended, _options.DnsPort, new HashSet<ulong>()) is > 0 and var reset)
            {
                _log.Changed($"{reset} TCP connections to {string.Join(", ", ended)} reset: kube-proxy has their next packets");
            }
            if (begun.Count > 0 && TcpReset.Forget(begun, _options.DnsPort) is > 0 and var forgotten)
            {
                _log.Changed($"{forgotten} closed TCP connections to {string.Join(", ", begun)} forgotten");
            }
        }
        catch (Exception failure) when (failure is NetlinkException or SyscallException)
        {
            // The rules are in force all the same.
            _log.Changed($"TCP connections to {string.Join(", ", begun.Concat(ended))} are left to their timeouts: {failure.Message}");
        }
    }

    private IReadOnlyList<IPEndPoint> FlipTargets => _options.FlipTo.Count > 0 ? _options.FlipTo : _endPoints;

    private void Flip(IReadOnlyList<IPAddress> addresses, IReadOnlyList<IPAddress> answering)
    {
        if (FlipTargets.Count == 0)
        {
            throw new InvalidOperationException("--exit-mode flip: no endpoint of cluster DNS is known: give --flip-to");
        }
        _rules.Flip(addresses, answering, FlipTargets, _options.FlipFor);
        _log.Changed($"clients are sent to {string.Join(", ", FlipTargets)} for {_options.FlipFor.TotalSeconds} s");
    }

    /// <summary>Finds the endpoints for a flip in advance.</summary>
    private void FindEndPoints()
    {
        try
        {
            _finder ??= new EndPointFinder();
            _endPoints =
            [
                .. _options.ClusterDns.GroupBy(server => server.AddressFamily)
                    .Select(servers => _finder.Find(servers.First(), _options.ProbeName))
                    .OfType<IPEndPoint>(),
            ];
        }
        catch (SyscallException failure)
        {
            throw new InvalidOperationException($"endpoints of cluster DNS: {failure.Message}: give --flip-to");
        }
    }

    private static void CheckElsewhere(NodeLink link, IReadOnlyList<IPAddress> addresses)
    {
        if (link.Elsewhere(addresses).FirstOrDefault() is { Address: not null } other)
        {
            throw new InvalidOperationException(
                $"{other.Address} is also on link {other.Link}: remove it there, or give --address another one "
                + "(kube-ipvs0 means kube-proxy runs in IPVS mode: leave --intercept-cluster-dns out)");
        }
    }

    /// <summary>Runs one part. A problem is reported once, not at every check while it lasts.</summary>
    private void Try(NodePart part, Action work)
    {
        const int longMs = 500;
        var begunMs = Environment.TickCount64;
        try
        {
            work();
            if (_standing.Remove(part))
            {
                _log.InOrderAgain(part);
            }
        }
        catch (Exception failure) when (failure is NetlinkException or SyscallException or IptablesException
            or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            var kind = failure switch
            {
                NetlinkException { Error: Errno.EPERM } => NodeFailure.Capability,
                IptablesException { IsLocked: true } => NodeFailure.Lock,
                _ => NodeFailure.Other,
            };
            var message = kind == NodeFailure.Capability
                ? $"{failure.Message}: give the container CAP_NET_ADMIN"
                : failure.Message;
            if (_standing.GetValueOrDefault(part) != message)
            {
                _standing[part] = message;
                _log.Failed(part, kind, message);
            }
        }
        if (Environment.TickCount64 - begunMs is > longMs and var tookMs)
        {
            _log.Slow(part, tookMs);
        }
    }
}

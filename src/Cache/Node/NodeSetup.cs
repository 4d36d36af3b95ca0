using NodeDns.Cache.Guard;
using NodeDns.Cache.Interop.Linux;

namespace NodeDns.Cache.Node;

/// <summary>All that the guard sets up on the node. Each part fails alone: an address without rules still answers.</summary>
internal sealed class NodeSetup : IDisposable
{
    private readonly GuardOptions _options;
    private readonly GuardMetrics _metrics;
    private readonly GuardLog _log;
    private readonly NodeLink? _link;
    private readonly Dictionary<string, string> _standing = [];

    public NodeSetup(GuardOptions options, GuardMetrics metrics, GuardLog log)
    {
        _options = options;
        _metrics = metrics;
        _log = log;
        _link = options.InterfaceName is { } name ? new NodeLink(name, options.AllAddresses) : null;
    }

    /// <summary>Makes everything what it should be, and says what it changed.</summary>
    /// <param name="foreignInUse">Another program, node-cache, still serves at our addresses.</param>
    public void Ensure(bool foreignInUse)
    {
        if (_link is not null)
        {
            Try(GuardProblem.Link, () => Report(_link.Ensure(foreignInUse)));
            Try(GuardProblem.AddressElsewhere, () => CheckElsewhere(_link));
        }
    }

    /// <summary>Removes link, addresses and rules.</summary>
    public void Remove()
    {
        if (_link is not null)
        {
            Try(GuardProblem.Link, () => Report(_link.Remove()));
        }
    }

    public void Dispose() => _link?.Dispose();

    private static void CheckElsewhere(NodeLink link)
    {
        if (link.Elsewhere().FirstOrDefault() is { Address: not null } other)
        {
            throw new InvalidOperationException(
                $"{other.Address} is also on link {other.Link}: remove it there, or give --address another one "
                + "(kube-ipvs0 means kube-proxy runs in IPVS mode: leave --intercept-cluster-dns out)");
        }
    }

    private void Report(List<string> changes)
    {
        foreach (var change in changes)
        {
            _log.Info(change);
        }
    }

    /// <summary>Runs one part; a problem is counted and logged when it appears, not each time it is still there.</summary>
    private void Try(string reason, Action part)
    {
        try
        {
            part();
            if (_standing.Remove(reason))
            {
                _log.Info($"{reason}: in order again");
            }
        }
        catch (Exception failure) when (failure is NetlinkException or SyscallException or InvalidOperationException or IOException)
        {
            var denied = failure is NetlinkException { Error: Errno.EPERM };
            var message = denied ? $"{failure.Message}: give the container CAP_NET_ADMIN" : failure.Message;
            if (!_standing.TryGetValue(reason, out var known) || known != message)
            {
                _standing[reason] = message;
                _metrics.Problem(denied ? GuardProblem.Capability : reason, message);
            }
        }
    }
}

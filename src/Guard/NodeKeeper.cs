using System.Net;
using System.Text;
using NodeDns.Guard.Node;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Guard;

/// <summary>Decides when the node is reconciled: at start, when the kernel reports a change, at the check interval, and
/// at exit.</summary>
/// <remarks>The work is done on a thread of its own, because each call may wait for seconds for a kernel lock (rtnl,
/// while pods' namespaces are torn down). The relay must not wait for that.</remarks>
internal sealed class NodeKeeper : INodeLog, IDisposable
{
    /// <summary>Time to let all notifications of one change arrive.</summary>
    private const int SettleMs = 10;

    /// <summary>The shortest pause between two checks when many notifications arrive.</summary>
    private const int PauseMs = 100;

    private const int RetryMs = 500;

    private readonly GuardParts _parts;
    private readonly GuardMachine _machine;
    private readonly SideThread _side;
    private readonly NodeReconciler _node;
    private readonly SocketSet _sockets;
    private readonly ForeignSockets _foreign;
    private readonly LeavingAddresses _leaving;
    private readonly LoopAction _timer;
    private NodeWatch? _watch;
    private bool _keeps;
    private bool _isChecking;
    private bool _isWantedAgain;
    private bool _intercepts = true;
    private long _checkedMs;
    private ExitMode _left;

    public NodeKeeper(GuardParts parts, GuardMachine machine, SocketSet sockets, SocketOpener opener, Relay relay)
    {
        _parts = parts;
        _machine = machine;
        _sockets = sockets;
        _side = new SideThread(parts.Loop, "node");
        _foreign = new ForeignSockets(parts, sockets);
        _leaving = new LeavingAddresses(parts, machine, sockets, opener, relay);
        _timer = new LoopAction(Check);
        var options = parts.Options;
        _node = new NodeReconciler(
            new NodeOptions
            {
                InterfaceName = options.InterfaceName,
                DnsPort = options.DnsPort,
                Rules = options.Rules,
                HostAccept = options.HostAccept,
                ExitMode = options.ExitMode,
                ClusterDns = options.ClusterDns,
                FlipTo = options.FlipTo,
                FlipFor = options.FlipFor,
                ProbeName = options.ProbeName,
            },
            this);
    }

    /// <summary>Link, addresses and rules have been set up once.</summary>
    public bool IsSetUp { get; private set; }

    /// <summary>Configured addresses that this node cannot carry.</summary>
    public IReadOnlyList<IPAddress> Absent { get; private set; } = [];

    /// <summary>Addresses that are no longer configured and are still relayed.</summary>
    public IReadOnlyList<IPAddress> Leaving => _leaving.Relayed;

    /// <summary>Starts or stops keeping the node, as the duties say.</summary>
    public void Follow(Duties duties)
    {
        var hasChanged = duties.KeepsNode != _keeps || duties.Intercepts != _intercepts;
        _intercepts = duties.Intercepts;
        if (duties.KeepsNode && !_keeps)
        {
            _keeps = true;
            Watch();
        }
        else if (!duties.KeepsNode && _keeps)
        {
            _keeps = false;
            _watch?.Dispose();
            _watch = null;
            _parts.Loop.Cancel(_timer);
        }
        if (hasChanged)
        {
            Check();
        }
    }

    /// <summary>Does what the exit mode says, because nobody has taken over.</summary>
    public void Leave(Action then)
    {
        IReadOnlyList<IPAddress> own = [.. _parts.Options.Addresses, .. _leaving.Relayed];
        var all = Everything;
        _side.Run(() => _left = _node.Leave(own, all), () =>
        {
            _parts.Log.Leaving(_left.ToString().ToLowerInvariant());
            then();
        });
    }

    /// <summary>Cleans up after the last replies. If another program, such as another pod's guard, is bound to our
    /// addresses, links and rules belong to that one and are left alone.</summary>
    public void Finish(Action then)
    {
        var look = _foreign.Prepare();
        var (intercepted, all) = (_parts.Options.Intercepted, Everything);
        _side.Run(
            () =>
            {
                look.Run();
                if (look.IsAnyShared)
                {
                    _parts.Log.LeftToOthers();
                }
                else
                {
                    _node.Finish(_left, intercepted, all);
                }
            },
            then);
    }

    public void Changed(string change) => _parts.Log.Changed(change);

    public void Failed(NodePart part, NodeFailure failure, string message) =>
        _parts.Metrics.Problem(GuardProblem.NotSetUp(part, failure, message));

    public void InOrderAgain(NodePart part) => _parts.Log.InOrderAgain(ProblemReason.Of(part));

    public void Slow(NodePart part, long milliseconds) => _parts.Log.Slow(ProblemReason.Of(part), milliseconds);

    public void Dispose()
    {
        _watch?.Dispose();
        _side.Dispose();
        _node.Dispose();
    }

    private IReadOnlyList<IPAddress> Everything => [.. _parts.Options.AllAddresses, .. _leaving.Kept];

    private void Watch()
    {
        try
        {
            IReadOnlyList<byte[]> mentions =
            [
                .. new[] { _parts.Options.InterfaceName, NotrackRules.Table, Link.OwnAlias }.OfType<string>()
                    .Select(Encoding.ASCII.GetBytes),
                .. _parts.Options.AllAddresses.Select(address => address.GetAddressBytes()),
            ];
            _watch ??= new NodeWatch(_parts.Loop, _node.HasNftables, mentions, OnChanged);
        }
        catch (SyscallException failure)
        {
            _parts.Metrics.Problem(GuardProblem.NoNotifications(failure.Message));
        }
    }

    private void OnChanged()
    {
        var delayMs = Math.Max(SettleMs, _checkedMs + PauseMs - _parts.Loop.NowMs);
        if (!_timer.IsArmed || _timer.DueMs - _parts.Loop.NowMs > delayMs)
        {
            _parts.Loop.Arm(_timer, delayMs);
        }
    }

    private void Check()
    {
        if (!_keeps)
        {
            return;
        }
        _isWantedAgain = _isChecking;
        if (_isChecking)
        {
            return;
        }
        _isChecking = true;
        _checkedMs = _parts.Loop.NowMs;
        if (_sockets.Receive() is > 0 and var refusing)
        {
            _parts.Log.ReceiveAgain(refusing);
        }
        var look = _foreign.Prepare();
        _side.Run(look.Run, () => Reconcile(look));
    }

    private void Reconcile(ForeignSockets.Look look)
    {
        if (!_keeps)
        {
            _isChecking = false;
            return;
        }
        _foreign.Steer(look);
        var options = _parts.Options;
        var desired = new DesiredNode
        {
            Addresses = options.AllAddresses,
            Intercepted = [.. options.Intercepted, .. _leaving.Intercepted],
            Leaving = _leaving.Kept,
            Gone = _leaving.Gone,
            Serving = [.. _intercepts ? options.AllAddresses : options.Addresses, .. _leaving.Relayed],
            IsShared = _foreign.InUse,
        };
        var report = new NodeReport();
        _side.Run(() => report = _node.Reconcile(desired), () => OnReconciled(desired, report));
    }

    private void OnReconciled(DesiredNode desired, NodeReport report)
    {
        _isChecking = false;
        Absent = [.. report.Absent.Select(a => a.Address)];
        if (!_keeps)
        {
            return;
        }
        _leaving.Removed(desired.Gone);
        var isMore = _leaving.Found(report.Unwanted) | _leaving.Sweep();
        if (!IsSetUp && !isMore)
        {
            IsSetUp = true;
            _parts.Log.NodeSetUp();
        }
        // There is no notification when a program that shares our endpoints leaves, so check often.
        var pauseMs = isMore ? 0
            : _isWantedAgain ? PauseMs
            : report.IsUnfinished || _foreign.InUse || _leaving.Intercepted.Count > 0 ? RetryMs
            : (long)_parts.Options.CheckInterval.TotalMilliseconds;
        _parts.Loop.Arm(_timer, pauseMs);
    }
}

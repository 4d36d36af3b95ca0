using System.Net;
using NodeDns.Guard.Node;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Guard;

/// <summary>The node: link, addresses, rules, and who else is bound to our endpoints.</summary>
/// <remarks>All of it is done on a thread of its own. Each call may wait for a lock of the kernel that others hold for
/// seconds (rtnl, while namespaces of pods are torn down), and the relay must not wait with it.</remarks>
internal sealed partial class Guard
{
    /// <summary>Time for one change's notifications to arrive together.</summary>
    private const int SettleMs = 10;

    /// <summary>Link and rules are compared at most so often when notifications pour in.</summary>
    private const int CheckPauseMs = 100;

    private readonly SideThread _side;
    private readonly NodeSetup _node;
    private readonly ForeignSockets _foreign;
    private readonly LoopAction _checkTimer;
    private NodeWatch? _watch;
    private bool _ownsNode;
    private bool _isNodeSetUp;
    private bool _checking;
    private bool _checkWanted;
    private long _checkedMs;

    /// <summary>The addresses to be answered here. In a crash loop the intercepted ones are left to
    /// kube-proxy.</summary>
    private IReadOnlyList<IPAddress> Serving =>
        State == GuardState.Guarding && _crashes.WaitMs(_loop.NowMs) > 0 ? _options.Addresses : _options.AllAddresses;

    /// <summary>Link, addresses and rules have been seen to, by this guard or by the one it has not relieved yet.</summary>
    private bool IsNodeSetUp => _isNodeSetUp || !_ownsNode;

    /// <summary>From now on the node's set-up is this guard's, and so are the next guard's and kubelet's questions.</summary>
    private void OwnNode()
    {
        _ownsNode = true;
        ListenForSuccessor();
        Answers?.Invoke(true);
        try
        {
            _watch ??= new NodeWatch(_loop, _node.HasNftables, OnNodeChanged);
        }
        catch (SyscallException failure)
        {
            _metrics.Problem(GuardProblem.Rules, $"no notifications, checking periodically only: {failure.Message}");
        }
        Check();
    }

    /// <summary>From now on it is another guard's, or nobody's.</summary>
    private void DisownNode()
    {
        _ownsNode = false;
        _watch?.Dispose();
        _watch = null;
        _loop.Cancel(_checkTimer);
    }

    private void OnNodeChanged()
    {
        var delayMs = Math.Max(SettleMs, _checkedMs + CheckPauseMs - _loop.NowMs);
        if (!_checkTimer.IsArmed || _checkTimer.DueMs - _loop.NowMs > delayMs)
        {
            _loop.Arm(_checkTimer, delayMs);
        }
    }

    private void Check()
    {
        if (!_ownsNode || State != GuardState.Guarding)
        {
            return;
        }
        _checkWanted = _checking;
        if (_checking)
        {
            return;
        }
        _checking = true;
        _checkedMs = _loop.NowMs;
        if (_sockets.Receive() is > 0 and var refusing)
        {
            _log.Warning($"{refusing} UDP sockets were left refusing by another guard: they receive again");
        }
        var look = _foreign.Prepare();
        _side.Run(look.Run, () => Ensure(look));
    }

    private void Ensure(ForeignSockets.Look look)
    {
        if (!_ownsNode)
        {
            _checking = false;
            return;
        }
        _foreign.Steer(look);
        var (serving, foreignInUse) = (Serving, _foreign.InUse);
        _side.Run(() => _node.Ensure(serving, foreignInUse), OnChecked);
    }

    private void OnChecked()
    {
        _checking = false;
        if (!_isNodeSetUp)
        {
            _isNodeSetUp = true;
            _log.Info("the node is set up");
        }
        if (!_ownsNode)
        {
            return;
        }
        // A program that still shares our endpoints may leave at any moment, without a notification.
        var pauseMs = _checkWanted ? CheckPauseMs
            : _foreign.InUse ? RetryMs
            : (long)_options.CheckInterval.TotalMilliseconds;
        var heldBackMs = _crashes.WaitMs(_loop.NowMs);
        _loop.Arm(_checkTimer, heldBackMs > 0 ? Math.Min(pauseMs, heldBackMs) : pauseMs);
    }
}

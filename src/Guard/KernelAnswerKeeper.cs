using System.Net;
using Microsoft.Win32.SafeHandles;
using NodeDns.Guard.KernelAnswers;
using NodeDns.Guard.Node;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;
using NodeDns.Linux.KernelAnswers;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>Has hot names answered in the kernel (<c>--kernel-answers</c>): loads the program, keeps it at the pods'
/// interfaces, gives each cache memory to write answers to, and lets the program use the memory of the cache that is
/// trusted.</summary>
/// <remarks>All that may wait (verification, netlink, the kernel's grace period) runs on a thread of its own. Stopping the
/// program does not wait: that is one store to memory.</remarks>
internal sealed class KernelAnswerKeeper : IDisposable
{
    /// <summary>Time to let all notifications of one change arrive.</summary>
    private const int SettleMs = 10;

    private const int PauseMs = 100;
    private const int UnsureMs = 500;

    private readonly GuardParts _parts;
    private readonly GuardMachine _machine;
    private readonly Caches _caches;
    private readonly SideThread _side;
    private readonly LoopAction _timer;
    private readonly IReadOnlyList<IPEndPoint> _servers;
    private readonly HashSet<string> _told = [];
    private AnswerProgram? _program;
    private PodLinks? _links;
    private NodeWatch? _watch;
    private CachePeer? _used;
    private bool _isLoading;
    private bool _keeps;
    private bool _isLooking;
    private bool _isWantedAgain;
    private long _lookedMs;

    public KernelAnswerKeeper(GuardParts parts, GuardMachine machine, Caches caches)
    {
        _parts = parts;
        _machine = machine;
        _caches = caches;
        _side = new SideThread(parts.Loop, "kernel answers");
        _timer = new LoopAction(Look);
        _servers = [.. parts.Options.AllAddresses.Select(address => new IPEndPoint(address, parts.Options.DnsPort))];
        caches.Ready += Give;
    }

    /// <summary>What was found at the last look.</summary>
    public PodLinksReport Report { get; private set; } = new(0, [], false);

    /// <summary>Does what the duties and the trust in the cache say.</summary>
    public void Follow(Duties duties)
    {
        if (!_isLoading)
        {
            _isLoading = true;
            Load();
        }
        if (_program is null)
        {
            return;
        }
        Use(duties is { KeepsNode: true, CacheReads: true } ? _caches.Current : null);
        if (duties.KeepsNode != _keeps)
        {
            _keeps = duties.KeepsNode;
            Keep();
        }
    }

    /// <summary>Stops the program at once, and waits until it is detached.</summary>
    public void Dispose()
    {
        _caches.Ready -= Give;
        _watch?.Dispose();
        if (_program is { } program)
        {
            program.IsActive = false;
        }
        _side.Dispose();
        _links?.Dispose();
        _program?.Dispose();
    }

    private void Load()
    {
        AnswerProgram? program = null;
        PodLinks? links = null;
        string? problem = null;
        _side.Run(
            () =>
            {
                try
                {
                    program = new AnswerProgram(_servers);
                    links = new PodLinks(program, _parts.Options.KernelAnswers);
                }
                catch (SyscallException failure)
                {
                    problem = failure.Message;
                }
            },
            () =>
            {
                if (problem is not null)
                {
                    _parts.Metrics.Problem(GuardProblem.NoKernelAnswers(problem));
                    return;
                }
                (_program, _links) = (program, links);
                _parts.Log.KernelAnswers(_links!.HasTcx ? "tcx" : "clsact");
                Give();
                Follow(_machine.Duties);
            });
    }

    /// <summary>Gives the cache that serves memory of its own, once.</summary>
    private void Give()
    {
        if (_program is null || _caches.Current is not { AnswerSlots: null } peer)
        {
            return;
        }
        try
        {
            peer.AnswerSlots = new SafeFileHandle(AnswerProgram.CreateSlots(), ownsHandle: true);
        }
        catch (SyscallException failure)
        {
            _parts.Metrics.Problem(GuardProblem.NoKernelAnswers(failure.Message));
            return;
        }
        var message = new HandoverMessage(HandoverKind.AnswerSlots).With(HandoverTag.Layout, AnswerSlots.Layout);
        foreach (var server in _servers)
        {
            message.With(HandoverTag.EndPoint, new ListenEndPoint(ListenProtocol.Udp, server).ToString());
        }
        message.Descriptors.Add((int)peer.AnswerSlots.DangerousGetHandle());
        peer.Channel.Send(message);
        Follow(_machine.Duties);
    }

    private void Use(CachePeer? peer)
    {
        peer = peer is { AnswerSlots.IsClosed: false } ? peer : null;
        if (peer == _used)
        {
            return;
        }
        var program = _program!;
        _used = peer;
        program.IsActive = false;
        var slots = peer?.AnswerSlots;
        var isHeld = false;
        slots?.DangerousAddRef(ref isHeld);
        SyscallResult result = default;
        _side.Run(
            () =>
            {
                result = program.Use(slots is null ? -1 : (int)slots.DangerousGetHandle());
                slots?.DangerousRelease();
            },
            () =>
            {
                if (result.IsError)
                {
                    _parts.Metrics.Problem(GuardProblem.NoKernelAnswers($"bpf: {result.Error.Describe()}"));
                }
                else if (peer is not null && peer == _used)
                {
                    program.IsActive = true;
                }
            });
    }

    private void Keep()
    {
        if (_keeps)
        {
            try
            {
                _watch ??= new NodeWatch(_parts.Loop, withRules: false, [PodLink.Kind], OnChanged);
            }
            catch (SyscallException failure)
            {
                _parts.Metrics.Problem(GuardProblem.NoNotifications(failure.Message));
            }
            Look();
            return;
        }
        _watch?.Dispose();
        _watch = null;
        _parts.Loop.Cancel(_timer);
        // The next guard puts its own filter in the place of ours. Taking the qdisc away, and adding it again, would each time
        // stop the interface for some milliseconds.
        if (_links is { HasTcx: true } links)
        {
            _side.Run(links.Detach, () => { });
        }
        Report = new(0, [], false);
    }

    private void OnChanged()
    {
        var delayMs = Math.Max(SettleMs, _lookedMs + PauseMs - _parts.Loop.NowMs);
        if (!_timer.IsArmed || _timer.DueMs - _parts.Loop.NowMs > delayMs)
        {
            _parts.Loop.Arm(_timer, delayMs);
        }
    }

    private void Look()
    {
        if (!_keeps)
        {
            return;
        }
        _isWantedAgain = _isLooking;
        if (_isLooking)
        {
            return;
        }
        _isLooking = true;
        _lookedMs = _parts.Loop.NowMs;
        var links = _links!;
        PodLinksReport? report = null;
        string? problem = null;
        _side.Run(
            () =>
            {
                try
                {
                    report = links.Look();
                }
                catch (Exception failure) when (failure is SyscallException or NetlinkException)
                {
                    problem = failure.Message;
                }
            },
            () => OnLooked(report, problem));
    }

    private void OnLooked(PodLinksReport? report, string? problem)
    {
        _isLooking = false;
        if (!_keeps)
        {
            return;
        }
        if (problem is not null)
        {
            _parts.Metrics.Problem(GuardProblem.NoKernelAnswers(problem));
        }
        if (report is not null)
        {
            Report = report;
            _told.IntersectWith(report.LeftAlone);
            foreach (var link in report.LeftAlone.Where(_told.Add))
            {
                _parts.Log.LeftAlone(link);
            }
        }
        _parts.Loop.Arm(_timer, _isWantedAgain ? PauseMs
            : report is { IsUnsure: true } ? UnsureMs
            : (long)_parts.Options.CheckInterval.TotalMilliseconds);
    }
}

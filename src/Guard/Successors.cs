using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;
using NodeDns.Telemetry;

namespace NodeDns.Guard;

/// <summary>The guards of next pods, which take this guard's sockets over <c>--takeover</c>.</summary>
internal sealed class Successors : IDisposable
{
    private readonly GuardParts _parts;
    private readonly GuardMachine _machine;
    private readonly SocketSet _sockets;
    private readonly Caches _caches;
    private readonly UnixListener? _listener;
    private readonly List<Successor> _all = [];
    private readonly LoopAction _again;

    public Successors(GuardParts parts, GuardMachine machine, SocketSet sockets, Caches caches)
    {
        _parts = parts;
        _machine = machine;
        _sockets = sockets;
        _caches = caches;
        _listener = parts.Options.TakeoverPath is { } path
            ? new UnixListener(parts.Loop, path, Convert.ToUInt32("600", 8), peer => peer.UserId == Libc.EffectiveUserId,
                OnConnected)
            : null;
        _again = new LoopAction(() => Listen(true));
        caches.EntriesCame += OnEntries;
    }

    /// <summary>At least one of them has the sockets.</summary>
    public bool HasAnyTaken => _all.Exists(s => s.Version > 0);

    /// <summary>Starts or stops listening for the next pod's guard.</summary>
    public void Listen(bool isWanted)
    {
        if (_listener is null)
        {
            return;
        }
        if (!isWanted)
        {
            _parts.Loop.Cancel(_again);
            _listener.Dispose();
            return;
        }
        if (_listener.Ensure() is { } problem)
        {
            _parts.Metrics.Problem(GuardProblem.TakeoverPath(problem));
        }
        // Ensure again later, because somebody may remove the path.
        _parts.Loop.Arm(_again, UnixListener.LookMs);
    }

    public void Dispose()
    {
        _listener?.Dispose();
        foreach (var successor in _all)
        {
            successor.Channel.Close();
        }
    }

    private void OnConnected(int fd)
    {
        if (_all.Count >= Limits.Connections)
        {
            Libc.Close(fd);
            return;
        }
        Successor? successor = null;
        successor = new Successor
        {
            Channel = new HandoverChannel(_parts.Loop, fd, m => OnMessage(successor!, m), () => OnGone(successor!)),
        };
        _all.Add(successor);
    }

    private void OnMessage(Successor successor, HandoverMessage message)
    {
        HandoverChannel.CloseAll(message.Descriptors);
        if (message.Kind == HandoverKind.Hello && successor.Version == 0)
        {
            OnHello(successor, message);
        }
        else if (message.Kind == HandoverKind.Relieve && successor.Version > 0)
        {
            successor.HasRelieved = true;
            _parts.Log.Relieved();
            _machine.SuccessorRelieves();
        }
    }

    private void OnHello(Successor successor, HandoverMessage hello)
    {
        var program = Limits.Shown(hello.Text(HandoverTag.Program));
        successor.Version = HandoverVersion.Agree(_parts.Options.NewestVersion, hello);
        if (successor.Version == 0)
        {
            var reason = $"it speaks hand-over versions {HandoverVersion.Oldest} to {_parts.Options.NewestVersion}";
            _parts.Metrics.Problem(GuardProblem.SuccessorOtherVersions(program));
            successor.Channel.Send(new HandoverMessage(HandoverKind.Refused).With(HandoverTag.Reason, reason));
            return;
        }
        successor.WaitsForEntries = successor.Version >= HandoverVersion.Entries
            && _machine.Trust is CacheTrust.Fresh or CacheTrust.Serving && _caches.Export();
        foreach (var part in HandoverMessage.OfSockets(HandoverKind.Sockets, [.. _sockets.All.Select(m => m.Socket)]))
        {
            part.With(HandoverTag.Program, ProgramVersion.Text);
            part.With(HandoverTag.NewestVersion,
                successor.WaitsForEntries ? (ulong)successor.Version : HandoverVersion.Oldest);
            successor.Channel.Send(part);
        }
        foreach (var member in _sockets.All)
        {
            successor.Given.Add(member);
            member.SuccessorHas = true;
        }
        _parts.Metrics.Takeover("to");
        _parts.Log.GivenToSuccessor(_sockets.All.Count, program);
        _machine.SuccessorTook();
    }

    private void OnGone(Successor successor)
    {
        _all.Remove(successor);
        if (successor.Version == 0)
        {
            return;
        }
        if (!successor.HasRelieved)
        {
            _parts.Metrics.Problem(GuardProblem.SuccessorWent);
        }
        foreach (var member in _sockets.All)
        {
            member.SuccessorHas = _all.Exists(s => s.Given.Contains(member));
        }
        var isLastRelief = successor.HasRelieved && !_all.Exists(s => s.HasRelieved);
        if (isLastRelief && _machine is { State: GuardState.Relieved, IsEnding: false })
        {
            _parts.Log.SuccessorGone();
        }
        _machine.SuccessorGone(isLastRelief);
    }

    /// <summary>Sends our cache's entries to the successors that wait for them. The guard does not keep them: they
    /// would age, and our cache's container is charged for their memory.</summary>
    private void OnEntries(int entries)
    {
        foreach (var successor in _all.Where(s => s.WaitsForEntries))
        {
            var message = new HandoverMessage(HandoverKind.Entries);
            message.Descriptors.Add(entries);
            successor.Channel.Send(message);
            successor.WaitsForEntries = false;
        }
        Libc.Close(entries);
    }

    private sealed class Successor
    {
        public required HandoverChannel Channel { get; init; }

        public int Version { get; set; }

        public HashSet<GroupMember> Given { get; } = [];

        public bool HasRelieved { get; set; }

        public bool WaitsForEntries { get; set; }
    }
}

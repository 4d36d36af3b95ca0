using NodeDns.Linux.Handover;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;

namespace NodeDns.Guard;

/// <summary>The old pod's guard, whose sockets this one takes over.</summary>
internal sealed class Predecessor(GuardParts parts, GuardMachine machine, SocketSet sockets, HandedEntries entries) : IDisposable
{
    /// <summary>How long the old guard may take to answer. After that, a partial hand-over is treated as
    /// none.</summary>
    private const int AnswerMs = 3000;

    /// <summary>How often to try to reach the old guard, which listens again once it has noticed that the node is its
    /// own.</summary>
    private const int NoticeMs = 100;

    private const int NoticeAttempts = 20;

    private readonly List<ListenSocket> _arriving = [];
    private HandoverChannel? _channel;
    private LoopAction? _timeout;
    private LoopAction? _notice;
    private int _attempts;
    private bool _hasGiven;

    /// <summary>Asks the old guard for its sockets, if there is one.</summary>
    /// <returns>false when no old guard can be reached.</returns>
    public bool Connect()
    {
        if (parts.Options.TakeoverPath is not { } path || !File.Exists(path))
        {
            return false;
        }
        var fd = HandoverChannel.Connect(path, blocking: false, out var problem);
        if (fd < 0)
        {
            if (problem is not null)
            {
                parts.Metrics.Problem(GuardProblem.NoPredecessor(path, problem));
            }
            return false;
        }
        Close();
        _hasGiven = false;
        _channel = new HandoverChannel(parts.Loop, fd, OnMessage, OnGone);
        _channel.Send(new HandoverMessage(HandoverKind.Hello)
            .With(HandoverTag.Role, "guard")
            .With(HandoverTag.OldestVersion, HandoverVersion.Oldest)
            .With(HandoverTag.NewestVersion, (ulong)parts.Options.NewestVersion)
            .With(HandoverTag.Program, ProgramVersion.Text));
        _timeout ??= new LoopAction(OnTimeout);
        parts.Loop.Arm(_timeout, AnswerMs);
        return true;
    }

    /// <summary>Tells the old guard that this pod's cache serves, so that the old cache may finish.</summary>
    public void Relieve()
    {
        _channel?.Send(new HandoverMessage(HandoverKind.Relieve));
        parts.Log.PredecessorRelieved();
    }

    /// <summary>Gives the node back. The old guard takes over, with the same sockets, as soon as the channel
    /// closes.</summary>
    public void Return()
    {
        parts.Log.Returned();
        Close();
        _attempts = 0;
        _notice ??= new LoopAction(Notice);
        parts.Loop.Arm(_notice, NoticeMs);
    }

    /// <summary>Connects to the old guard without a word. When that connection ends, the old guard has gone and this
    /// one takes over.</summary>
    private void Notice()
    {
        if (machine.State != GuardState.Relieved || machine.IsEnding || parts.Options.TakeoverPath is not { } path)
        {
            return;
        }
        var fd = HandoverChannel.Connect(path, blocking: false, out _);
        if (fd >= 0)
        {
            _channel = new HandoverChannel(parts.Loop, fd, message => HandoverChannel.CloseAll(message.Descriptors), OnGone);
        }
        else if (++_attempts < NoticeAttempts)
        {
            parts.Loop.Arm(_notice!, NoticeMs);
        }
        else
        {
            OnGone();
        }
    }

    public void Dispose() => Close();

    private void OnMessage(HandoverMessage message)
    {
        switch (message.Kind)
        {
            case HandoverKind.Refused:
                parts.Metrics.Problem(GuardProblem.PredecessorRefused(Limits.Shown(message.Text(HandoverTag.Reason))));
                OnGone();
                break;
            case HandoverKind.Entries when message.Descriptors is [var file]:
                entries.Keep(file);
                machine.SocketsChanged();
                return;
            case HandoverKind.Sockets when !_hasGiven && message.Sockets() is { } part:
                _arriving.AddRange(part);
                if (message.Number(HandoverTag.More) == 0)
                {
                    Take(message);
                }
                return;
        }
        HandoverChannel.CloseAll(message.Descriptors);
    }

    private void Take(HandoverMessage last)
    {
        _hasGiven = true;
        parts.Loop.Cancel(_timeout!);
        // Sockets at addresses that are no longer configured are taken as well: they are in the SO_REUSEPORT group and
        // have to be relayed.
        var adopted = sockets.Adopt(_arriving, _ => true);
        _arriving.Clear();
        foreach (var member in adopted)
        {
            member.PredecessorHas = true;
        }
        if (last.Number(HandoverTag.NewestVersion) >= HandoverVersion.Entries)
        {
            entries.Expect();
        }
        parts.Metrics.Takeover("from");
        parts.Log.TakenOver(adopted.Count, Limits.Shown(last.Text(HandoverTag.Program)));
        machine.PredecessorGave();
        Gave?.Invoke();
    }

    /// <summary>The old guard's sockets have arrived.</summary>
    public event Action? Gave;

    private void OnTimeout()
    {
        parts.Metrics.Problem(GuardProblem.PredecessorSilent(AnswerMs));
        OnGone();
    }

    private void OnGone()
    {
        Close();
        if (machine.PredecessorAnswers)
        {
            parts.Metrics.Problem(GuardProblem.PredecessorWent);
        }
        foreach (var member in sockets.All)
        {
            member.PredecessorHas = false;
        }
        machine.PredecessorGone();
    }

    private void Close()
    {
        if (_timeout is not null)
        {
            parts.Loop.Cancel(_timeout);
        }
        _channel?.Close();
        _channel = null;
        ListenSockets.Close(_arriving);
        _arriving.Clear();
        entries.ExpectNoMore();
    }
}

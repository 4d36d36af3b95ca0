using NodeDns.Linux.Handover;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;

namespace NodeDns.Guard;

/// <summary>The old pod's guard, whose sockets this one takes over.</summary>
internal sealed class Predecessor(GuardParts parts, GuardMachine machine, SocketSet sockets, HandedEntries entries) : IDisposable
{
    /// <summary>What it has to answer within; half a hand-over is treated as none.</summary>
    private const int AnswerMs = 3000;

    /// <summary>It listens again as soon as it has noticed that it has the node back.</summary>
    private const int NoticeMs = 100;

    private const int NoticeAttempts = 20;

    private readonly List<ListenSocket> _arriving = [];
    private HandoverChannel? _channel;
    private LoopAction? _timeout;
    private LoopAction? _notice;
    private int _attempts;
    private bool _hasGiven;

    /// <summary>Asks it for its sockets, where there is one.</summary>
    /// <returns>false: this guard is alone.</returns>
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
                parts.Metrics.Problem(GuardProblem.Takeover, $"--takeover {path}: {problem}: sockets are opened anew");
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

    /// <summary>The cache here serves: theirs may finish.</summary>
    public void Relieve()
    {
        _channel?.Send(new HandoverMessage(HandoverKind.Relieve));
        parts.Log.PredecessorRelieved();
    }

    /// <summary>Its guard guards again as soon as the channel closes, with the same sockets.</summary>
    public void Return()
    {
        parts.Log.Returned();
        Close();
        _attempts = 0;
        _notice ??= new LoopAction(Notice);
        parts.Loop.Arm(_notice, NoticeMs);
    }

    /// <summary>Connects to it and says nothing: the end of the connection is its end, and this guard's turn.</summary>
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
                parts.Metrics.Problem(GuardProblem.Takeover,
                    $"the old guard refused: {Limits.Shown(message.Text(HandoverTag.Reason))}");
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
        // Also those at addresses that are no longer wanted here: they stay in their group, and are relayed.
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

    /// <summary>Its sockets are here.</summary>
    public event Action? Gave;

    private void OnTimeout()
    {
        parts.Metrics.Problem(GuardProblem.Takeover, "the old guard has not handed its sockets over in "
            + $"{AnswerMs} ms: sockets are opened beside its own");
        OnGone();
    }

    private void OnGone()
    {
        Close();
        if (machine.PredecessorAnswers)
        {
            parts.Metrics.Problem(GuardProblem.Handover, "the old guard went away before it was relieved");
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

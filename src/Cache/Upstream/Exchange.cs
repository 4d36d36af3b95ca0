using NodeDns.Linux.Loop;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Upstream;

/// <summary>A pending query: its octets, the attempts that may still be answered, and the owner that waits for
/// it.</summary>
/// <remarks>Belongs to one worker, whose <see cref="Upstream.Forwarder"/> has the list of all pending
/// exchanges.</remarks>
internal abstract class Exchange(Forwarder forwarder) : LoopTimer
{
    /// <summary>How often a query may be sent again, without counting as an attempt, because a connection that had
    /// worked was closed.</summary>
    private const int ResendsMaximum = 3;

    private int _resends;
    private bool _needsTcp;

    /// <summary>The links of the forwarder's list of pending exchanges.</summary>
    public Exchange? Next, Previous;

    public OutgoingQuery Query { get; } = new();

    /// <summary>True when the query needs a new connection: an open one has not helped, or would prove little. Through
    /// a Service, a new connection may reach another pod.</summary>
    public abstract bool WantsFreshConnection { get; }

    protected Forwarder Forwarder => forwarder;

    protected AttemptSet Attempts { get; } = new(forwarder);

    protected HeldReply Held { get; } = new();

    /// <summary>Is told the result, once.</summary>
    protected IExchangeOwner? Owner { get; set; }

    protected UpstreamError LastError { get; set; }

    /// <summary>Who answered, for the owner.</summary>
    protected TapUpstream AnsweredBy { get; set; }

    protected long DeadlineMs { get; set; }

    protected long Now => forwarder.Loop.NowMs;

    protected ForwardOptions Options => forwarder.Options;

    /// <summary>Handles a message with this attempt's id and question.</summary>
    public abstract void AttemptAnswered(int index, ReadOnlySpan<byte> message);

    public void AttemptAnsweredHeaderOnly(int index, ReadOnlySpan<byte> message) =>
        AttemptAnswered(index, Held.WithQuestion(message, Query.Octets[..Query.QuestionEnd]));

    /// <summary>Handles an attempt that failed because of its server.</summary>
    public void AttemptFailed(int index, UpstreamError error)
    {
        var server = Attempts.Close(index).Server!;
        LastError = error;
        OnError(server);
    }

    /// <summary>Handles an attempt whose query could not be sent. Where this machine has no room for it, TCP may
    /// have.</summary>
    public void AttemptNotSent(int index, UpstreamError error)
    {
        if (error == UpstreamError.LocalLimit)
        {
            AskOverTcp(Attempts.Close(index).Server!);
            return;
        }
        AttemptFailed(index, error);
    }

    /// <summary>Handles the loss of an attempt's connection.</summary>
    /// <param name="resend">The connection had worked before, and the server closed it because it was idle or old. That
    /// is not a failure of the server.</param>
    public void ConnectionLost(int index, StreamConnection connection, ushort id, bool resend, UpstreamError error)
    {
        var attempt = Attempts[index];
        if (attempt.Connection != connection || attempt.Id != id)
        {
            return;
        }
        if (resend && _resends < ResendsMaximum)
        {
            _resends++;
            Attempts.Close(index);
            SendAgain(attempt.Server!, attempt.Proto);
            return;
        }
        AttemptFailed(index, error);
    }

    /// <summary>After too many wrong replies on this attempt's port, the query is not sent over UDP again (RFC 5452 section
    /// 9.2).</summary>
    public void SuspectForgery(int index) => AskOverTcp(Attempts.Close(index).Server!);

    public bool Uses(StreamConnection connection) => Attempts.Uses(connection);

    /// <summary>Reports the failure that <see cref="Fail"/> has delayed, and returns the exchange to the
    /// pool.</summary>
    public void ReportFailure()
    {
        var owner = Owner!;
        var error = LastError;
        forwarder.Recycle(this);
        owner.OnFailure(error);
    }

    public void Fail(UpstreamError error)
    {
        Release();
        LastError = error;
        forwarder.FailAtTurnEnd(this);
    }

    protected void Take(ReadOnlySpan<byte> query, IExchangeOwner owner)
    {
        Owner = owner;
        Query.Set(query);
        Held.Clear();
        _resends = 0;
        _needsTcp = false;
        LastError = UpstreamError.Timeout;
    }

    /// <summary>Called when sending failed or was useless, because of this server or of this machine.</summary>
    protected abstract void OnError(UpstreamState server);

    /// <summary>Sends the query once more to a server that was already asked. This does not count as an
    /// attempt.</summary>
    protected abstract void SendAgain(UpstreamState server, UpstreamProto proto);

    /// <summary>Sends the query over TCP from now on.</summary>
    protected virtual void AskOverTcp(UpstreamState server)
    {
        _needsTcp = true;
        SendAgain(server, UpstreamProto.Tcp);
    }

    /// <param name="plain">Send it without the query's OPT record.</param>
    /// <param name="sizeAtMost">The largest UDP payload size to offer. The path to the server may need a smaller
    /// one.</param>
    protected bool TrySend(UpstreamState server, UpstreamProto proto, bool plain, int sizeAtMost)
    {
        var size = Math.Min(server.Path.OfferAtMost(Now), sizeAtMost);
        var sent = Attempts.TrySend(this, server, Way(server, proto), plain, size, out var error);
        LastError = error;
        return sent;
    }

    protected void Finish(ReadOnlySpan<byte> message)
    {
        Release();
        // Recycle after the call, because the message may be in this exchange's own buffer.
        Owner!.OnAnswer(message, AnsweredBy);
        forwarder.Recycle(this);
    }

    /// <summary>Ends all attempts.</summary>
    protected virtual void Release()
    {
        forwarder.Loop.Cancel(this);
        Attempts.CloseAll();
    }

    /// <summary>The protocol to use: the given one, unless the server is known not to answer over it.</summary>
    private UpstreamProto Way(UpstreamState server, UpstreamProto proto) => proto switch
    {
        UpstreamProto.Udp when server.Path.IsUdpSilent(Now) => UpstreamProto.Tcp,
        UpstreamProto.Tcp when server.Path.IsTcpSilent(Now) && !_needsTcp && !Options.ForceTcp => UpstreamProto.Udp,
        _ => proto,
    };
}

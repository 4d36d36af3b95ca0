using NodeDns.Linux.Loop;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Upstream;

/// <summary>One query on its way: its bytes, the attempts that may still answer it, and who waits for it.</summary>
/// <remarks>One worker's; its <see cref="Upstream.Forwarder"/> keeps the list of those under way.</remarks>
internal abstract class Exchange(Forwarder forwarder) : LoopTimer
{
    /// <summary>Free sends after a connection that had worked was closed under the query.</summary>
    private const int ResendsMaximum = 3;

    private int _resends;
    private bool _needsTcp;

    /// <summary>Links of the forwarder's list of exchanges under way.</summary>
    public Exchange? Next, Previous;

    public OutgoingQuery Query { get; } = new();

    /// <summary>An open connection has not helped (or would prove little): through a Service a new one may reach another
    /// pod.</summary>
    public abstract bool WantsFreshConnection { get; }

    protected Forwarder Forwarder => forwarder;

    protected AttemptSet Attempts { get; } = new(forwarder);

    protected HeldReply Held { get; } = new();

    /// <summary>Told how it ended, once.</summary>
    protected IExchangeOwner? Owner { get; set; }

    protected UpstreamError LastError { get; set; }

    /// <summary>Who answered, for the owner.</summary>
    protected TapUpstream AnsweredBy { get; set; }

    protected long DeadlineMs { get; set; }

    protected long Now => forwarder.Loop.NowMs;

    protected ForwardOptions Options => forwarder.Options;

    /// <summary>A message with this attempt's id, and our question, arrived.</summary>
    public abstract void AttemptAnswered(int index, ReadOnlySpan<byte> message);

    public void AttemptAnsweredHeaderOnly(int index, ReadOnlySpan<byte> message) =>
        AttemptAnswered(index, Held.WithQuestion(message, Query.Octets[..Query.QuestionEnd]));

    /// <summary>The attempt cannot be answered any more, and its server is to blame.</summary>
    public void AttemptFailed(int index, UpstreamError error)
    {
        var server = Attempts.Close(index).Server!;
        LastError = error;
        OnError(server);
    }

    /// <summary>The attempt's connection is gone.</summary>
    /// <param name="resend">It had worked before: the peer closed it for being idle or old, which is nobody's
    /// fault.</param>
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

    /// <summary>Too many wrong replies to this attempt: no more UDP for this query (RFC 5452 section 9.2).</summary>
    public void SuspectForgery(int index) => AskOverTcp(Attempts.Close(index).Server!);

    public bool Uses(StreamConnection connection) => Attempts.Uses(connection);

    /// <summary>Reports to the owner and gives the exchange back. Only for exchanges that <see cref="Fail"/> put
    /// off.</summary>
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

    /// <summary>A send that cannot be done, or was in vain, at this server's fault or ours.</summary>
    protected abstract void OnError(UpstreamState server);

    /// <summary>A further send to a server that was asked, which is no attempt of its own.</summary>
    protected abstract void SendAgain(UpstreamState server, UpstreamProto proto);

    /// <summary>UDP will not do for this query any more.</summary>
    protected virtual void AskOverTcp(UpstreamState server)
    {
        _needsTcp = true;
        SendAgain(server, UpstreamProto.Tcp);
    }

    /// <param name="plain">Without the query's OPT record.</param>
    /// <param name="sizeAtMost">The UDP payload size to offer, where the way to the server does not want less.</param>
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
        // Recycled after the call: the message may be in this exchange's own buffer.
        Owner!.OnAnswer(message, AnsweredBy);
        forwarder.Recycle(this);
    }

    /// <summary>Nobody is to answer it any more.</summary>
    protected virtual void Release()
    {
        forwarder.Loop.Cancel(this);
        Attempts.CloseAll();
    }

    /// <summary>The protocol, or the other one where that one is known to be silent.</summary>
    private UpstreamProto Way(UpstreamState server, UpstreamProto proto) => proto switch
    {
        UpstreamProto.Udp when server.Path.IsUdpSilent(Now) => UpstreamProto.Tcp,
        UpstreamProto.Tcp when server.Path.IsTcpSilent(Now) && !_needsTcp && !Options.ForceTcp => UpstreamProto.Udp,
        _ => proto,
    };
}

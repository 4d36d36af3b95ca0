using NodeDns.Linux.Loop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Upstream;

/// <summary>Finds out whether a server's silence is about the OPT record, as behind a middlebox that drops what it does
/// not know: asks one question with and without, side by side.</summary>
/// <remarks>
/// <code>
/// 0        the question that met silence: without OPT, and with
/// 100 ms   with, once more: lost datagrams must not switch EDNS off
/// 200 ms   (and no sooner after the answer without) none with: the server is asked without from now on
/// 10 min   after that verdict, the same again, so that no client waits when the way is clear
/// </code>
/// It starts when a server that left such a question unanswered answers a health probe, or when the question has waited for
/// long. Only the same question answered without and not answered with proves anything: servers are slow with some names, and
/// drop some. <see cref="ServerPath.TakeEdnsProbe"/> lets one worker run one.
/// </remarks>
internal sealed class EdnsProbe(Forwarder forwarder, UpstreamState server) : LoopTimer
{
    /// <summary>Until a server that is asked without OPT is tried with it again.</summary>
    public const long RetryMs = 600_000;

    private const long AgainMs = 100;
    private const long PatienceMs = 200;

    private readonly OutgoingQuery _query = new();
    private int _round;
    private long _startedMs;
    private long _plainAnsweredMs;
    private int _asks;
    private State _state;

    private enum State
    {
        Ended,
        Asking,

        /// <summary>The verdict was that OPT is dropped; its time to be looked at again has not come.</summary>
        Plain,
    }

    /// <param name="query">One that the server left unanswered; it has an OPT record.</param>
    public void Start(ReadOnlySpan<byte> query)
    {
        _query.Set(query);
        AskBoth();
    }

    public void Stop()
    {
        if (_state != State.Ended)
        {
            _state = State.Ended;
            forwarder.Loop.Cancel(this);
            server.Path.ReleaseEdnsProbe();
        }
    }

    public override void OnTimer()
    {
        var nowMs = forwarder.Loop.NowMs;
        if (_state == State.Plain)
        {
            AskBoth();
        }
        else if (_asks == 2)
        {
            Ask(plain: false);
            forwarder.Loop.Arm(this, PatienceMs - AgainMs);
        }
        else if (_plainAnsweredMs != long.MaxValue && nowMs >= VerdictMs)
        {
            Conclude();
        }
        else
        {
            forwarder.Loop.Arm(this, Math.Max(AgainMs, VerdictMs - nowMs));
        }
    }

    /// <summary>No sooner, so that every way had the time that one of them took, and more.</summary>
    private long VerdictMs => _plainAnsweredMs == long.MaxValue
        ? 0
        : Math.Max(_startedMs + PatienceMs, _plainAnsweredMs + PatienceMs);

    private void AskBoth()
    {
        _state = State.Asking;
        _round++;
        _asks = 0;
        _startedMs = forwarder.Loop.NowMs;
        _plainAnsweredMs = long.MaxValue;
        Ask(plain: true);
        Ask(plain: false);
        forwarder.Loop.Arm(this, AgainMs);
    }

    private void Ask(bool plain)
    {
        _asks++;
        forwarder.Probe(_query.Form(plain), server, new Asked(this, _round, plain));
    }

    private void Answered(bool plain)
    {
        if (!plain)
        {
            if (server.Path.IsPlain(forwarder.Loop.NowMs))
            {
                forwarder.Group.Log.UpstreamTakesEdns(server.Endpoint.To);
            }
            server.Path.EdnsAnswered(forwarder.Loop.NowMs);
            Stop();
        }
        else
        {
            _plainAnsweredMs = forwarder.Loop.NowMs;
        }
    }

    /// <summary>Without an answer to the plain question there is no verdict: the server is just not there.</summary>
    private void Failed(bool plain)
    {
        if (plain)
        {
            Stop();
        }
    }

    private void Conclude()
    {
        // Meanwhile perhaps to somebody else.
        if (server.Path.EdnsAnsweredSince(_startedMs))
        {
            Stop();
            return;
        }
        if (!server.Path.IsPlain(forwarder.Loop.NowMs))
        {
            forwarder.Group.Log.UpstreamDropsEdns(server.Endpoint.To);
        }
        _state = State.Plain;
        // Until the next verdict: this one may be some seconds late.
        server.Path.RememberPlain(forwarder.Loop.NowMs + RetryMs + 5000);
        forwarder.Loop.Arm(this, RetryMs);
        forwarder.SendPlain(server);
    }

    private sealed class Asked(EdnsProbe probe, int round, bool plain) : IExchangeOwner
    {
        private bool IsAwaited => probe._state == State.Asking && probe._round == round;

        public void OnAnswer(ReadOnlySpan<byte> message)
        {
            if (IsAwaited)
            {
                probe.Answered(plain);
            }
        }

        public void OnFailure(UpstreamError error)
        {
            if (IsAwaited)
            {
                probe.Failed(plain);
            }
        }
    }
}

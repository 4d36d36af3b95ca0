using NodeDns.Linux.Loop;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Upstream;

/// <summary>Finds out whether a server is silent because of the OPT record, for example behind a middlebox that drops
/// unknown packets. Asks the same question with and without OPT at the same time.</summary>
/// <remarks>
/// <code>
///     0     the unanswered question again, without OPT and with OPT
///   100 ms  with OPT a second time, because a lost datagram must not switch EDNS off
///   200 ms  (and 200 ms after the answer without OPT) no answer with OPT: the server is asked without OPT from now on
///    10 min after that, the same again, so that no client has to find out that OPT works again
/// </code>
/// The probe starts when a server that left such a question unanswered answers a health probe, or when the question has
/// waited for long. Only the same question, answered without OPT and not answered with it, proves anything, because
/// servers are slow with some names and drop some. <see cref="ServerPath.TakeEdnsProbe"/> lets one worker run one probe.
/// </remarks>
internal sealed class EdnsProbe(Forwarder forwarder, UpstreamState server) : LoopTimer
{
    /// <summary>How long a server is asked without OPT before OPT is tried again.</summary>
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

        /// <summary>The server drops OPT, and the time to try again has not come.</summary>
        Plain,
    }

    public UpstreamState Server => server;

    /// <param name="query">A query with an OPT record that the server left unanswered.</param>
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

    /// <summary>The earliest time for a verdict. By then each question has had more time than the answered one
    /// took.</summary>
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

    /// <summary>Without an answer to the question without OPT there is no verdict: the server does not answer at
    /// all.</summary>
    private void Failed(bool plain)
    {
        if (plain)
        {
            Stop();
        }
    }

    private void Conclude()
    {
        // Another query with OPT may have been answered meanwhile.
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
        // Valid until after the next verdict, which may come some seconds late.
        server.Path.RememberPlain(forwarder.Loop.NowMs + RetryMs + 5000);
        forwarder.Loop.Arm(this, RetryMs);
        forwarder.SendPlain(server);
    }

    private sealed class Asked(EdnsProbe probe, int round, bool plain) : IExchangeOwner
    {
        private bool IsAwaited => probe._state == State.Asking && probe._round == round;

        public void OnAnswer(ReadOnlySpan<byte> message, in TapUpstream from)
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

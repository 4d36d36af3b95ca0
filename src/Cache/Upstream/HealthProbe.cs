using System.Buffers.Binary;
using System.Text;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Upstream;

/// <summary>Asks a server that has failed, or has never answered, for NS records, until it replies to the probe or to
/// any query.</summary>
/// <remarks>The probe is sent like any other query, over the same sockets and connections.
/// <see cref="UpstreamState.Failed"/> lets one worker run one, so a dead server gets one probe in each interval,
/// however many workers and queries there are. A server is taken down only if a query has failed too: one that ignores
/// NS questions, or this protocol, may still serve every client.</remarks>
internal sealed class HealthProbe(Forwarder forwarder, UpstreamState server) : LoopTimer, IExchangeOwner
{
    private const ushort TypeNs = 2;

    private readonly byte[] _query = Query(forwarder.Options.HealthCheck);
    private long _sentMs;
    private bool _running;

    public UpstreamState Server => server;

    public void Start()
    {
        _running = true;
        OnTimer();
    }

    public void Stop()
    {
        if (_running)
        {
            _running = false;
            forwarder.Loop.Cancel(this);
            server.ReleaseProbe();
        }
    }

    public override void OnTimer()
    {
        if (server.HasLeft)
        {
            Stop();
            return;
        }
        if (server.IsProven && !server.IsSuspect(forwarder.Loop.NowMs))
        {
            End();
            return;
        }
        _sentMs = forwarder.Loop.NowMs;
        forwarder.Probe(_query, server, this);
    }

    public void OnAnswer(ReadOnlySpan<byte> message, in TapUpstream from)
    {
        if (_running)
        {
            End();
        }
        if (server.Path.TakeDoubt() is { } query)
        {
            forwarder.FindOutAboutEdns(server, query);
        }
    }

    public void OnFailure(UpstreamError error)
    {
        if (!_running)
        {
            return;
        }
        if (server.IsSuspect(forwarder.Loop.NowMs))
        {
            if (server.ProbeFailed())
            {
                var reason = server.Trouble is { } trouble ? $"{error}, {trouble}" : $"{error}";
                forwarder.Group.Log.UpstreamDown(server.Endpoint.To, reason);
            }
            server.Metrics.HealthFailure(forwarder.Counters);
        }
        ProbeAgain();
    }

    private void End()
    {
        Stop();
        if (server.NeedsProbe(forwarder.Loop.NowMs))
        {
            _running = true;
            ProbeAgain();
        }
    }

    private void ProbeAgain()
    {
        var interval = forwarder.Options.HealthCheck.Interval;
        if (interval < HealthCheckOptions.IntervalMinimum)
        {
            interval = HealthCheckOptions.IntervalMinimum;
        }
        var elapsed = forwarder.Loop.NowMs - _sentMs;
        forwarder.Loop.Arm(this, Math.Max(0, (long)interval.TotalMilliseconds - elapsed));
    }

    private static byte[] Query(HealthCheckOptions options)
    {
        var labels = options.Domain.Split('.', StringSplitOptions.RemoveEmptyEntries);
        var query = new byte[ReplyCheck.HeaderLength + labels.Sum(label => label.Length + 1) + 5];
        query[2] = options.RecursionDesired ? (byte)1 : (byte)0;
        query[5] = 1;
        var at = ReplyCheck.HeaderLength;
        foreach (var label in labels)
        {
            query[at] = (byte)label.Length;
            at += 1 + Encoding.Latin1.GetBytes(label, query.AsSpan(at + 1));
        }
        BinaryPrimitives.WriteUInt16BigEndian(query.AsSpan(at + 1), TypeNs);
        query[at + 4] = 1;
        return query;
    }
}

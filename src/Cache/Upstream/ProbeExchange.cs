using System.Diagnostics;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Upstream;

/// <summary>A query that tests one server. It is sent once, unchanged and without a retry, and any reply
/// counts.</summary>
internal sealed class ProbeExchange(Forwarder forwarder, UpstreamState server) : Exchange(forwarder)
{
    public override bool WantsFreshConnection => true;

    public void Begin(ReadOnlySpan<byte> query, IExchangeOwner owner)
    {
        Take(query, owner);
        DeadlineMs = Now + (long)Options.HealthCheck.Timeout.TotalMilliseconds;
        SendAgain(server, Options.ForceTcp ? UpstreamProto.Tcp : UpstreamProto.Udp);
    }

    public override void AttemptAnswered(int index, ReadOnlySpan<byte> message)
    {
        var attempt = Attempts.Close(index);
        Forwarder.ServerAnswered(server);
        var elapsed = Stopwatch.GetElapsedTime(attempt.SentTicks);
        AnsweredBy = new TapUpstream(server.Address, (long)elapsed.TotalNanoseconds);
        server.Rtt.AddAtLeast((long)elapsed.TotalMicroseconds);
        Finish(message);
    }

    public override void OnTimer() => Fail(UpstreamError.Timeout);

    protected override void OnError(UpstreamState server) => Fail(LastError);

    protected override void SendAgain(UpstreamState server, UpstreamProto proto)
    {
        if (TrySend(server, proto, plain: false, ushort.MaxValue))
        {
            Forwarder.Loop.Arm(this, Math.Max(0, DeadlineMs - Now));
        }
        else
        {
            Fail(LastError);
        }
    }
}

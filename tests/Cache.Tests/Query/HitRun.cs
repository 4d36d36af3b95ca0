using System.Net;
using NodeDns.Cache.Query;
using NodeDns.Cache.Upstream;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Cache.Tests.Query;

/// <summary>A kind of hit that can be repeated: its answer is stored, and has aged as the kind says.</summary>
internal sealed class HitRun : IDisposable
{
    private readonly QueryHarness _harness;
    private readonly ServerModel _server;
    private readonly byte[] _query;
    private readonly ReplyTo _to;
    private readonly byte[] _reply = new byte[QueryHandler.MaxMessage];

    /// <param name="tapped">Somebody reads the tap.</param>
    /// <param name="countsClients">The clients that ask most are counted.</param>
    public HitRun(HitKind kind, bool tapped = false, bool countsClients = true)
    {
        _harness = new QueryHarness(kind.Corefile, countsClients: countsClients);
        _harness.Tap.SetOn(tapped);
        _server = _harness.Server;
        _query = kind.Query().ToBytes();
        var worker = _harness.Workers[0];
        _to = new ReplyTo(worker, 0, SocketAddress.From(new(IPAddress.Parse("192.0.2.7"), 40_000)), kind.Tcp);
        worker.Ask(_query, kind.Tcp);
        while (worker.Upstreams[0].Count > 0)
        {
            worker.Upstreams[0].Answer(HitKind.Answer);
        }
        _harness.NowMs += kind.AgeSeconds * 1000;
        if (kind.RefreshFails)
        {
            worker.Ask(_query);
            worker.Upstreams[0].Fail(UpstreamError.Timeout);
        }
    }

    public long Panics => _harness.Panics;

    /// <summary>Questions on their way upstream.</summary>
    public int Pending => _harness.Workers[0].Upstreams[0].Count;

    /// <returns>How many were answered at once.</returns>
    public int Repeat(int count)
    {
        var handler = _harness.Workers[0].Handler;
        var answered = 0;
        for (var i = 0; i < count; i++)
        {
            answered += handler.Handle(_server, _query, _to, _reply).IsReply ? 1 : 0;
        }
        return answered;
    }

    public void Dispose() => _harness.Dispose();
}

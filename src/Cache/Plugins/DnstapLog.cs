using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using NodeDns.Corefile;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Dnstap;
using NodeDns.Telemetry.Tap;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Cache.Plugins;

/// <summary>dnstap: one of a block's lines. Tells a collector what clients ask and are answered, and what upstream servers
/// are asked and answer.</summary>
/// <remarks>A query is told with its reply, because only then it is known who answered. The worker writes the message to
/// memory; the thread of <see cref="DnstapOutput"/> sends it.</remarks>
internal sealed class DnstapLog
{
    private const int MiB = 1 << 20;

    private readonly DnstapOutput _output;
    private readonly DnstapOrigin _origin;
    private readonly bool _full;

    public DnstapLog(DnstapConfig config, MetricRegistry registry, ILogger log)
    {
        var dropped = registry.Counter(MetricNames.DnstapDropped, MetricNames.DnstapDroppedHelp);
        EndPoint to = config.To is { } server
            ? new IPEndPoint(server.Address, server.Port)
            : new UnixDomainSocketEndPoint(config.Path!);
        _output = new DnstapOutput(to, config.Queue * MiB, count => registry.Add(dropped, count), log);
        _origin = new DnstapOrigin(
            config.Identity ?? Environment.MachineName,
            config.Version ?? $"node-dns-cache {ProgramVersion.Text}",
            config.Extra ?? "");
        _full = config.Full;
    }

    /// <summary>Connects to the collector, and sends from now on.</summary>
    public void Start() => _output.Start();

    public void Close() => _output.Close();

    public void Join(TimeSpan atMost) => _output.Join(atMost);

    /// <summary>A client's query and its reply.</summary>
    /// <param name="reply">The reply as sent; empty when there was none.</param>
    public void Client(in PluginQuery query, in SocketAddress client, ReadOnlySpan<byte> reply, long nanoseconds)
    {
        var now = NowNs();
        var message = new DnstapMessage
        {
            Type = DnstapType.ClientQuery,
            Protocol = query.IsTcp ? DnstapProtocol.Tcp : DnstapProtocol.Udp,
            QueryFrom = client,
            ResponseFrom = SocketAddress.From(query.Server),
            QueryTimeNs = now - nanoseconds,
            Wire = _full ? query.Message : [],
        };
        Write(ref message, reply, now);
    }

    /// <summary>A question to an upstream server and its answer.</summary>
    public void Forwarder(ReadOnlySpan<byte> query, ReadOnlySpan<byte> answer, in TapUpstream from)
    {
        var now = NowNs();
        var message = new DnstapMessage
        {
            Type = DnstapType.ForwarderQuery,
            Protocol = from.Protocol,
            ResponseFrom = from.Server,
            QueryTimeNs = now - from.DurationNs,
            Wire = _full ? query : [],
        };
        Write(ref message, answer, now);
    }

    private void Write(ref DnstapMessage message, ReadOnlySpan<byte> reply, long nowNs)
    {
        _output.Write(message, _origin);
        if (!reply.IsEmpty)
        {
            message.Type++;
            message.ResponseTimeNs = nowNs;
            message.Wire = _full ? reply : [];
            _output.Write(message, _origin);
        }
    }

    private static long NowNs() => (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
}

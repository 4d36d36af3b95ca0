using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;

namespace NodeDns.Guard.Tests;

/// <summary>The guard's relay of datagrams, over loopback, on a loop that the test turns.</summary>
public sealed class UdpRelayTests : IDisposable
{
    private readonly StepClock _clock = new();
    private readonly EventLoop _loop;
    private readonly RelayTap _tap = new(path: null, reader: 0);
    private readonly Socket _clusterDns = Bound();
    private readonly Socket _client = Bound();
    private readonly ListenSocket _listening;

    public UdpRelayTests()
    {
        _loop = new EventLoop(_clock);
        _listening = ListenSockets.Open(
            new ListenEndPoint(ListenProtocol.Udp, new IPEndPoint(IPAddress.Loopback, 0)), worker: 0);
        _client.Connect(_listening.EndPoint);
        var metrics = new GuardMetrics(new MetricRegistry(), new GuardLog(NullLogger.Instance));
        new UdpRelay(_loop, [(IPEndPoint)_clusterDns.LocalEndPoint!], metrics, _tap).Use([_listening]);
    }

    public void Dispose()
    {
        _loop.Dispose();
        _tap.Dispose();
        _client.Dispose();
        _clusterDns.Dispose();
        ListenSockets.Close([_listening]);
    }

    [Fact]
    public void What_is_too_short_or_a_reply_is_not_relayed()
    {
        byte[] query = [1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1];
        byte[] reply = [.. query];
        reply[2] |= 0x80;
        foreach (var datagram in new[] { [], query[..2], query[..11], reply, query })
        {
            _client.Send(datagram);
        }

        Until(() => _clusterDns.Available > 0, "the query");
        Assert.Equal(query[2..], Receive().Octets[2..]);
        Turn();
        Assert.Equal(0, _clusterDns.Available);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void When_nothing_waits_for_cluster_dns_no_socket_to_it_is_left(bool isAnswered)
    {
        _client.Send(new byte[12]);
        Until(() => _clusterDns.Available > 0, "the query");
        var (query, from) = Receive();
        if (isAnswered)
        {
            _clusterDns.SendTo(query, from);
            Until(() => _client.Available > 0, "the reply");
        }

        Assert.NotEqual(0, SocketsToClusterDns());
        for (var seconds = 0; seconds < 10; seconds++)
        {
            _clock.Ms += 1000;
            Turn();
        }

        Assert.Equal(0, SocketsToClusterDns());
    }

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private (byte[] Octets, EndPoint From) Receive()
    {
        var buffer = new byte[512];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        var length = _clusterDns.ReceiveFrom(buffer, ref from);
        return (buffer[..length], from);
    }

    /// <summary>As the kernel lists them: the third column is the address that a socket is connected to.</summary>
    private int SocketsToClusterDns() => File.ReadLines("/proc/self/net/udp").Count(line =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2] == $"0100007F:{((IPEndPoint)_clusterDns.LocalEndPoint!).Port:X4}");

    private void Turn()
    {
        for (var i = 0; i < 5; i++)
        {
            _loop.RunTurn(0);
        }
    }

    private void Until(Func<bool> isTrue, string what)
    {
        for (var turns = 0; !isTrue(); turns++)
        {
            Assert.True(turns < 2000, $"{what} did not come");
            _loop.RunTurn(1);
        }
    }

    private sealed class StepClock : MonotonicClock
    {
        public long Ms { get; set; } = 1_000_000;

        public override long NowMs => Ms;
    }
}

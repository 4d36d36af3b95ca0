using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Guard.Tests;

/// <summary>What a reader of the guard's tap is told of lookups that are relayed over loopback.</summary>
public sealed class RelayTapTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("relay-tap-").FullName;
    private readonly EventLoop _loop = new();
    private readonly Socket _clusterDns = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly ListenSocket _listening;
    private readonly RelayTap _tap;
    private readonly Thread _turning;

    public RelayTapTests()
    {
        _clusterDns.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listening = ListenSockets.Open(
            new ListenEndPoint(ListenProtocol.Udp, new IPEndPoint(IPAddress.Loopback, 0)), worker: 0);
        _tap = new RelayTap(Path, reader: 65534);
        var metrics = new GuardMetrics(new MetricRegistry(), new GuardLog(NullLogger.Instance));
        new UdpRelay(_loop, [(IPEndPoint)_clusterDns.LocalEndPoint!], metrics, _tap).Use([_listening]);
        _turning = new Thread(_loop.Run);
        _turning.Start();
    }

    private string Path => System.IO.Path.Combine(_folder, "guard.tap");

    public void Dispose()
    {
        _loop.Stop();
        _turning.Join();
        _loop.Dispose();
        _tap.Dispose();
        _clusterDns.Dispose();
        ListenSockets.Close([_listening]);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_relayed_lookup_is_told_with_its_client_the_server_and_the_times_and_without_a_name()
    {
        Assert.Null(_tap.Problem);
        using var reader = TapClient.Connect(Path, "from=relay");
        Assert.Equal(TapFrame.Hello, Read(reader));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Connect(_listening.EndPoint);
        byte[] query = [1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'a', 0, 0, 1, 0, 1];
        client.Send(query);
        var buffer = new byte[512];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        var length = _clusterDns.ReceiveFrom(buffer, ref from);
        buffer[2] |= 0x80;
        _clusterDns.SendTo(buffer.AsSpan(0, length), SocketFlags.None, from);

        Assert.Equal(TapFrame.Entry, Read(reader));
        Assert.True(TapEntry.TryRead(reader.Payload, out var entry));
        Assert.Equal(TapSource.Relay, entry.Source);
        Assert.Equal(client.LocalEndPoint, entry.Client.ToIPEndPoint());
        Assert.Equal(_clusterDns.LocalEndPoint, entry.Upstream.Server.ToIPEndPoint());
        Assert.Equal((query.Length, 0), (entry.ReplyLength, entry.Name.Length));
        Assert.True(entry.DurationNs > 0);
    }

    private static TapFrame? Read(TapClient tap) => Task.Run(tap.Read).WaitAsync(s_patience).GetAwaiter().GetResult();
}

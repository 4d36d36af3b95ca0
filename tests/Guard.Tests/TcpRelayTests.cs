using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;

namespace NodeDns.Guard.Tests;

/// <summary>The guard's relay of TCP connections, over loopback: what each side's end means to the other.</summary>
public sealed class TcpRelayTests : IDisposable
{
    private readonly EventLoop _loop = new();
    private readonly RelayTap _tap = new(path: null, reader: 0);
    private readonly Thread _turning;
    private readonly Socket _clusterDns = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ListenSocket _listening;

    public TcpRelayTests()
    {
        _clusterDns.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _clusterDns.Listen();
        _listening = ListenSockets.Open(
            new ListenEndPoint(ListenProtocol.Tcp, new IPEndPoint(IPAddress.Loopback, 0)), worker: 0);
        var metrics = new GuardMetrics(new MetricRegistry(), new GuardLog(NullLogger.Instance));
        new TcpRelay(_loop, [(IPEndPoint)_clusterDns.LocalEndPoint!], metrics, _tap).Use([_listening]);
        _turning = new Thread(_loop.Run);
        _turning.Start();
    }

    public void Dispose()
    {
        _loop.Stop();
        _turning.Join();
        _loop.Dispose();
        _tap.Dispose();
        _clusterDns.Dispose();
        ListenSockets.Close([_listening]);
    }

    [Fact]
    public void What_is_sent_before_an_end_of_file_is_answered_after_it()
    {
        using var client = Connect();
        client.Send("question"u8);
        client.Shutdown(SocketShutdown.Send);
        using var server = _clusterDns.Accept();
        Assert.Equal("question"u8.ToArray(), ReadAll(server));
        server.Send("answer"u8);
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal("answer"u8.ToArray(), ReadAll(client));
    }

    /// <summary>One of the sizes fits into the relay's receive buffer, with the end after it, but not into the
    /// client's.</summary>
    [Theory]
    [InlineData(64 << 10)]
    [InlineData(128 << 10)]
    [InlineData(256 << 10)]
    [InlineData(1 << 20)]
    [InlineData(3 << 20)]
    [InlineData(4 << 20)]
    public void A_client_that_reads_nothing_keeps_no_loop_busy(int answerOctets)
    {
        using var client = Connect(receiveOctets: 2048);
        client.Send("question"u8);
        client.Shutdown(SocketShutdown.Send);
        using var server = _clusterDns.Accept();
        ReadAll(server);
        server.Blocking = false;
        server.Send(new byte[answerOctets], SocketFlags.None, out _);
        server.Shutdown(SocketShutdown.Send);
        AssertAsleep();
    }

    [Fact]
    public void A_reset_after_an_end_of_file_closes_both_sides()
    {
        using var client = Connect();
        client.Shutdown(SocketShutdown.Send);
        using var server = _clusterDns.Accept();
        ReadAll(server);
        client.Close(0);
        server.Send("late"u8);
        Assert.True(server.Poll(5_000_000, SelectMode.SelectRead));
        AssertAsleep();
    }

    [Fact]
    public void A_server_that_refuses_ends_the_connection()
    {
        _clusterDns.Close();
        using var client = Connect();
        Assert.Empty(ReadAll(client));
    }

    private Socket Connect(int receiveOctets = 65_536)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveTimeout = 5000,
            ReceiveBufferSize = receiveOctets,
        };
        client.Connect(_listening.EndPoint);
        return client;
    }

    private static byte[] ReadAll(Socket socket)
    {
        socket.ReceiveTimeout = 5000;
        var all = new List<byte>();
        var part = new byte[4096];
        while (socket.Receive(part) is > 0 and var length)
        {
            all.AddRange(part.AsSpan(0, length));
        }
        return [.. all];
    }

    /// <summary>A loop that is woken again and again by what it has already seen turns a hundred thousand times a
    /// second.</summary>
    private void AssertAsleep()
    {
        var turns = _loop.Turns;
        using var pause = new ManualResetEventSlim();
        pause.Wait(500);
        Assert.InRange(_loop.Turns - turns, 0, 1000);
    }
}

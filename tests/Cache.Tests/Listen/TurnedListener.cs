using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using NodeDns.Cache.Listen;
using NodeDns.Cache.Query;
using NodeDns.Cache.Serve;
using NodeDns.Cache.Tests.Query;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;
using Xunit;
using TcpListener = NodeDns.Cache.Listen.TcpListener;

namespace NodeDns.Cache.Tests.Listen;

/// <summary>One worker's listeners on loopback, on a loop that the test turns, before upstreams that it answers for:
/// every order of events can be written down.</summary>
internal sealed class TurnedListener : IDisposable
{
    private const int SO_SNDBUF = 7;

    private readonly OpenQueryFile _open = new(workers: 1);
    private readonly SendBatch _replies;
    private readonly TcpListener _tcp;
    private readonly TcpConnections _connections;
    private bool _udpClosed;

    /// <param name="sendBuffer">Octets that the kernel takes for a TCP client that does not read; 0: as it
    /// likes.</param>
    public TurnedListener(string corefile, int sendBuffer = 0)
    {
        Harness = new QueryHarness(corefile);
        var open = _open.Part(0);
        _replies = new SendBatch(BlockModel.DefaultUdpSize, open);
        Udp = new UdpListener(
            Loop, Open(ListenProtocol.Udp), Worker.Handler, open, new ReceiveBatch(open), _replies);
        var listening = Open(ListenProtocol.Tcp);
        if (sendBuffer > 0)
        {
            Libc.SetSocketOption(listening.Fd, Libc.SOL_SOCKET, SO_SNDBUF, sendBuffer);
        }

        _connections = new TcpConnections(Loop, Worker.Handler);
        _tcp = new TcpListener(Loop, listening, _connections);
        Serve(Harness.Server);
    }

    public QueryHarness Harness { get; }

    /// <summary>As a guard reads them.</summary>
    public List<OpenQuery> OpenQueries
    {
        get
        {
            using var handle = new SafeFileHandle(_open.Descriptor, ownsHandle: false);
            return [.. OpenQueryFile.Read(handle, workers: 1)];
        }
    }

    public UdpListener Udp { get; }

    public QueryHarness.Worker Worker => Harness.Workers[0];

    public QueryHarness.HeldForwarder Upstream => Worker.Upstreams[0];

    private EventLoop Loop => Worker.Loop;

    public void Serve(ServerModel server)
    {
        Udp.Serve(server);
        _tcp.Serve(server);
    }

    public Socket ConnectTcp(int receiveBuffer = 0, string from = "127.0.0.1")
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        if (receiveBuffer > 0)
        {
            client.ReceiveBufferSize = receiveBuffer;
        }

        client.Connect(_tcp.Socket.EndPoint);
        Turn();
        return client;
    }

    public Socket ConnectUdp(string from = "127.0.0.1")
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        client.Connect(Udp.Socket.EndPoint);
        return client;
    }

    /// <summary>Turns the loop until nothing is left to do; the clock stands still.</summary>
    public void Turn()
    {
        for (var i = 0; i < 20; i++)
        {
            Loop.RunTurn(0);
        }
    }

    /// <summary>Turns the loop until something is true.</summary>
    public void Until(Func<bool> isTrue, string what)
    {
        for (var turns = 0; !isTrue(); turns++)
        {
            Assert.True(turns < 2000, $"{what} did not come");
            Loop.RunTurn(1);
        }
    }

    public void Dispose()
    {
        _connections.CloseAll();
        _tcp.Close();
        if (!_udpClosed)
        {
            Udp.Close();
        }

        _replies.Dispose();
        _open.Dispose();
        Harness.Dispose();
    }

    public void CloseUdp()
    {
        _udpClosed = true;
        Udp.Close();
    }

    private static ListenSocket Open(ListenProtocol protocol) =>
        ListenSockets.Open(new ListenEndPoint(protocol, new IPEndPoint(IPAddress.Loopback, 0)), 0);
}

using System.Net;
using System.Net.Sockets;

namespace NodeDns.Bench.Lab;

/// <summary>An upstream on 127.0.0.1 that takes every question, over UDP and TCP, and never answers.</summary>
internal sealed class BlackHole : IDisposable
{
    private readonly Socket _datagrams = new(SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket _connections = new(SocketType.Stream, ProtocolType.Tcp);

    public BlackHole(int port)
    {
        var at = new IPEndPoint(IPAddress.Loopback, port);
        _datagrams.Bind(at);
        _connections.Bind(at);
        _connections.Listen();
    }

    public void Dispose()
    {
        _datagrams.Dispose();
        _connections.Dispose();
    }
}

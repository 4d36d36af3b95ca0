using System.Net;
using System.Net.Sockets;

namespace NodeDns.Node.Tests.Lab;

/// <summary>Asks the local address from a pod, where the kernel may answer, and from the node itself, where only the socket
/// does.</summary>
public sealed class BothWays : IDisposable
{
    private const int TimeoutMs = 5000;

    private readonly byte[] _received = new byte[4096];

    public BothWays(NodeLab lab, string address = NodeLab.LocalAddress, NetworkNamespace? pod = null)
    {
        var server = new IPEndPoint(IPAddress.Parse(address), 53);
        Pod = (pod ?? lab.Pod).Enter(() => Connect(server));
        Node = lab.Node.Enter(() => Connect(server));
    }

    public Socket Pod { get; }

    public Socket Node { get; }

    public byte[] FromPod(byte[] query) => Ask(Pod, query);

    public byte[] FromNode(byte[] query) => Ask(Node, query);

    public void Dispose()
    {
        Pod.Dispose();
        Node.Dispose();
    }

    private byte[] Ask(Socket socket, byte[] query)
    {
        socket.Send(query);
        return _received[..socket.Receive(_received)];
    }

    private static Socket Connect(IPEndPoint server)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = TimeoutMs };
        socket.Connect(server);
        return socket;
    }
}

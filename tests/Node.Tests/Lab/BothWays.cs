using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace NodeDns.Node.Tests.Lab;

/// <summary>Asks the local address from a pod, where the kernel may answer, and from the node itself, where only the socket
/// does.</summary>
public sealed class BothWays : IDisposable
{
    private const int TimeoutMs = 20_000;

    private readonly byte[] _received = new byte[4096];
    private ushort _id;

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

    /// <returns>The reply, with 0 as its id.</returns>
    private byte[] Ask(Socket socket, byte[] query)
    {
        query = [.. query];
        BinaryPrimitives.WriteUInt16BigEndian(query, ++_id);
        socket.Send(query);
        while (true)
        {
            // The guard relays what a slow cache has not answered yet, so that a question may be answered twice.
            var reply = _received.AsSpan(0, socket.Receive(_received));
            if (BinaryPrimitives.ReadUInt16BigEndian(reply) == _id)
            {
                reply[..2].Clear();
                return reply.ToArray();
            }
        }
    }

    private static Socket Connect(IPEndPoint server)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = TimeoutMs };
        socket.Connect(server);
        return socket;
    }
}

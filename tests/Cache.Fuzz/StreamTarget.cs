using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using NodeDns.Cache.Listen;
using NodeDns.Cache.Upstream;
using NodeDns.Linux.Sockets;
using TcpListener = NodeDns.Cache.Listen.TcpListener;

namespace NodeDns.Cache.Fuzz;

/// <summary>A client's TCP connection: real sockets on loopback, turned by hand. The first octet is the size of the
/// pieces in which the rest is sent.</summary>
internal static class StreamTarget
{
    private static readonly MainPath s_path = new();
    private static readonly TcpConnections s_connections = new(s_path.Loop, s_path.Handler);
    private static readonly Socket s_listening = Listening();

    public static void Run(ReadOnlySpan<byte> octets)
    {
        if (octets.IsEmpty)
        {
            return;
        }

        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.LingerState = new LingerOption(true, 0);
        client.Connect(s_listening.LocalEndPoint!);
        client.Blocking = false;
        var replies = new List<byte>();
        var size = octets[0] + 1;
        for (var rest = octets[1..]; !rest.IsEmpty; rest = rest[Math.Min(size, rest.Length)..])
        {
            client.Send(rest[..Math.Min(size, rest.Length)], SocketFlags.None, out _);
            s_path.Loop.RunTurn(0);
            Receive(client, replies);
        }

        // Accepted in one turn, read in the next.
        s_path.Loop.RunTurn(0);
        do
        {
            s_path.Loop.RunTurn(0);
            while (s_path.Held.TryDequeue(out var held))
            {
                held.Owner.OnFailure(UpstreamError.Stopped);
            }

            s_path.Loop.RunTurn(0);
            Receive(client, replies);
        }
        while (s_path.Held.Count > 0);
        CheckFrames([.. replies]);
        s_path.ThrowIfItThrew();
        s_connections.CloseAll();
        if (s_path.Handler.PendingCount > 0)
        {
            throw new InvalidOperationException("a query that nobody answers");
        }
    }

    private static Socket Listening()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        socket.Blocking = false;
        var endPoint = (IPEndPoint)socket.LocalEndPoint!;
        new TcpListener(s_path.Loop, new ListenSocket((int)socket.Handle, ListenProtocol.Tcp, endPoint, 0), s_connections)
            .Serve(s_path.Server);
        return socket;
    }

    private static void Receive(Socket client, List<byte> replies)
    {
        var buffer = new byte[4096];
        int count;
        while ((count = client.Receive(buffer, SocketFlags.None, out var error)) > 0 && error == SocketError.Success)
        {
            replies.AddRange(buffer.AsSpan(0, count));
        }
    }

    private static void CheckFrames(ReadOnlySpan<byte> replies)
    {
        while (replies.Length >= 2)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(replies);
            if (replies.Length - 2 < length)
            {
                throw new InvalidOperationException("a reply that is cut off");
            }

            MainPath.Check(replies.Slice(2, length));
            replies = replies[(2 + length)..];
        }
    }
}

using System.Net;
using System.Net.Sockets;

namespace NodeDns.Cache.Scenarios;

/// <summary>A question on its way, from a socket of its own.</summary>
internal sealed class PendingReply : IDisposable
{
    private readonly Socket _socket;
    private readonly bool _overTcp;

    private PendingReply(Socket socket, bool overTcp)
    {
        _socket = socket;
        _overTcp = overTcp;
    }

    /// <param name="from">The client's address; null: the machine chooses.</param>
    public static async Task<PendingReply> Send(IPEndPoint cache, byte[] octets, bool overTcp, IPAddress? from = null)
    {
        var socket = overTcp
            ? new Socket(cache.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(cache.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (from is not null)
        {
            socket.Bind(new IPEndPoint(from, 0));
        }
        await socket.ConnectAsync(cache);
        var pending = new PendingReply(socket, overTcp);
        await pending.SendMore(octets);
        return pending;
    }

    public async Task SendMore(byte[] octets) =>
        await _socket.SendAsync(_overTcp ? [(byte)(octets.Length >> 8), (byte)octets.Length, .. octets] : octets);

    /// <returns>One message, or null when none came in time or the connection was closed.</returns>
    public async Task<byte[]?> Receive(TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        var buffer = new byte[65537];
        try
        {
            if (!_overTcp)
            {
                return buffer[..await _socket.ReceiveAsync(buffer, deadline.Token)];
            }
            var (have, want) = (0, 2);
            while (have < want)
            {
                var count = await _socket.ReceiveAsync(buffer.AsMemory(have, want - have), deadline.Token);
                if (count == 0)
                {
                    return null;
                }
                have += count;
                want = have >= 2 ? 2 + (buffer[0] << 8 | buffer[1]) : 2;
            }
            return buffer[2..want];
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public void Dispose() => _socket.Dispose();
}

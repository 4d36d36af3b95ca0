using System.Net.Sockets;
using NodeDns.Testing.Messages;

namespace NodeDns.Node.Tests.Lab;

/// <summary>Lookups that have been sent, and wait for their answers.</summary>
public sealed class OpenLookups : IDisposable
{
    private readonly UdpClient _socket = new(NodeLab.LocalAddress, 53);
    private readonly int _names;

    public OpenLookups(int names)
    {
        _names = names;
        _socket.Client.ReceiveTimeout = 2000;
        for (var i = 0; i < names; i++)
        {
            _socket.Send(DnsMessage.Query($"open-{i}.example.", "A", (ushort)i).ToBytes());
        }
    }

    /// <summary>How many are answered without an error.</summary>
    public int Answered()
    {
        var good = 0;
        try
        {
            for (var i = 0; i < _names; i++)
            {
                System.Net.IPEndPoint? from = null;
                good += (_socket.Receive(ref from)[3] & 0x0f) == 0 ? 1 : 0;
            }
        }
        catch (SocketException)
        {
            // No more come.
        }
        return good;
    }

    public void Dispose() => _socket.Dispose();
}

using System.Net;
using System.Net.Sockets;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard.Tests;

public sealed class SocketSetTests
{
    private static readonly IPAddress s_address = IPAddress.Parse("127.0.0.1");

    [Theory]
    [InlineData(ListenProtocol.Udp, ListenProtocol.Tcp)]
    [InlineData(ListenProtocol.Tcp, ListenProtocol.Udp)]
    public void A_descriptor_of_the_other_kind_at_the_right_address_is_not_taken(ListenProtocol said, ListenProtocol real)
    {
        var socket = Open(real);
        Assert.Empty(new SocketSet(53, [s_address], []).Adopt([socket with { Protocol = said }], _ => true));
    }

    [Fact]
    public void A_descriptor_at_another_address_is_not_taken()
    {
        var socket = Open(ListenProtocol.Udp);
        var elsewhere = new IPEndPoint(IPAddress.Parse("127.0.0.2"), socket.EndPoint.Port);
        Assert.Empty(new SocketSet(53, [s_address], []).Adopt([socket with { EndPoint = elsewhere }], _ => true));
    }

    [Theory]
    [InlineData(ListenProtocol.Udp)]
    [InlineData(ListenProtocol.Tcp)]
    public void What_is_as_it_says_is_taken(ListenProtocol protocol)
    {
        var set = new SocketSet(53, [s_address], []);
        Assert.Single(set.Adopt([Open(protocol)], _ => true));
        set.Close();
    }

    /// <summary>Opens a port that nobody holds; one that is free for UDP may be taken for TCP.</summary>
    private static ListenSocket Open(ListenProtocol protocol)
    {
        while (true)
        {
            using var free = new UdpClient(new IPEndPoint(s_address, 0));
            var endPoint = (IPEndPoint)free.Client.LocalEndPoint!;
            free.Close();
            try
            {
                return ListenSockets.Open(new ListenEndPoint(protocol, endPoint), worker: 0);
            }
            catch (SyscallException failure) when (failure.Error == Errno.EADDRINUSE)
            {
                // Another one.
            }
        }
    }
}

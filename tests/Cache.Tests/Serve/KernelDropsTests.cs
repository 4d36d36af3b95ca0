using System.Net;
using System.Net.Sockets;
using NodeDns.Cache.Serve;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;
using Xunit;

namespace NodeDns.Cache.Tests.Serve;

public class KernelDropsTests
{
    private const int SO_RCVBUF = 8;

    [Fact]
    public void Drops_of_a_socket_that_is_gone_stay_counted_and_a_new_one_counts_too()
    {
        var drops = new KernelDrops();
        var first = Flooded();
        drops.Use([first]);
        var before = drops.Total;
        Assert.True(before > 0);
        drops.Use([]);
        Libc.Close(first.Fd);
        Assert.Equal(before, drops.Total);
        var second = Flooded();
        drops.Use([second]);
        Assert.True(drops.Total > before);
        Libc.Close(second.Fd);
    }

    /// <summary>A socket that more has been sent to than it takes.</summary>
    private static ListenSocket Flooded()
    {
        var socket = ListenSockets.Open(
            new ListenEndPoint(ListenProtocol.Udp, new IPEndPoint(IPAddress.Loopback, 0)), 0);
        Libc.SetSocketOption(socket.Fd, Libc.SOL_SOCKET, SO_RCVBUF, 2048);
        using var client = new UdpClient(AddressFamily.InterNetwork);
        for (var i = 0; i < 100; i++)
        {
            client.Send(new byte[1000], socket.EndPoint);
        }

        return socket;
    }
}

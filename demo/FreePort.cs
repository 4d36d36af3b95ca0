using System.Net;
using System.Net.Sockets;

namespace NodeDns.Demo;

internal static class FreePort
{
    /// <summary>A loopback port that is free for UDP and TCP at this moment.</summary>
    public static int Take()
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var endPoint = (IPEndPoint)udp.LocalEndPoint!;
            using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                tcp.Bind(endPoint);
                return endPoint.Port;
            }
            catch (SocketException)
            {
                // Taken by TCP: try another.
            }
        }
        throw new DemoException("no free port on 127.0.0.1 after 100 tries");
    }
}

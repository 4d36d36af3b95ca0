using System.Net;
using System.Net.Sockets;

namespace NodeDns.Cache.Scenarios.Differential;

internal static class FreePorts
{
    /// <summary>Loopback ports free for TCP and UDP at this moment, all different.</summary>
    public static int[] Take(int count)
    {
        var held = new List<Socket>();
        try
        {
            var ports = new List<int>();
            while (ports.Count < count)
            {
                var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                held.Add(tcp);
                tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                held.Add(udp);
                try
                {
                    udp.Bind(tcp.LocalEndPoint!);
                    ports.Add(((IPEndPoint)tcp.LocalEndPoint!).Port);
                }
                catch (SocketException)
                {
                    // Taken by UDP alone: the next one.
                }
            }
            return [.. ports];
        }
        finally
        {
            held.ForEach(socket => socket.Dispose());
        }
    }
}

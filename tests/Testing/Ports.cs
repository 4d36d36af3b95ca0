using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NodeDns.Testing;

/// <summary>Ports of 127.0.0.1 for programs that a test starts.</summary>
/// <remarks>They lie below those that the kernel gives to sockets without a port (ip_local_port_range): one of these may belong to
/// a connection of another suite by the time that the program listens.</remarks>
public static class Ports
{
    private const int First = 10000;

    private static readonly int s_end = int.Parse(
        File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t')[0], CultureInfo.InvariantCulture);

    private static readonly HashSet<int> s_given = [];

    /// <summary>A port that nobody has over UDP or TCP, and that this process was not given before.</summary>
    public static int Next()
    {
        lock (s_given)
        {
            while (true)
            {
                var port = Random.Shared.Next(First, s_end);
                if (IsFree(port) && s_given.Add(port))
                {
                    return port;
                }
            }
        }
    }

    /// <summary>True when nobody has this port, over UDP or TCP.</summary>
    public static bool IsFree(int port) =>
        IsFree(port, SocketType.Stream, ProtocolType.Tcp) && IsFree(port, SocketType.Dgram, ProtocolType.Udp);

    private static bool IsFree(int port, SocketType type, ProtocolType protocol)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, type, protocol);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NodeDns.Bench.Lab;

/// <summary>Asks a server the same question until it is answered.</summary>
internal static class Readiness
{
    /// <returns>false when the time is up or <paramref name="gone"/> says that there is nobody to wait for.</returns>
    public static bool Wait(int port, string qname, TimeSpan limit, Func<bool> gone)
    {
        byte[] question = Question(qname), reply = new byte[512];
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < limit && !gone())
        {
            // A new socket each time: a refused port breaks a connected one.
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(IPAddress.Loopback, port);
            socket.Send(question);
            try
            {
                if (socket.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead)
                    && socket.Receive(reply) >= 12 && (reply[3] & 15) == 0)
                {
                    return true;
                }
            }
            catch (SocketException)
            {
                Task.Delay(10).Wait();
            }
        }
        return false;
    }

    private static byte[] Question(string qname)
    {
        var bytes = new List<byte> { 0x10, 0x01, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
        foreach (var label in qname.Split('.'))
        {
            bytes.AddRange([(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]);
        }

        var tail = new byte[5];
        BinaryPrimitives.WriteUInt16BigEndian(tail.AsSpan(1), 1);
        BinaryPrimitives.WriteUInt16BigEndian(tail.AsSpan(3), 1);
        return [.. bytes, .. tail];
    }
}

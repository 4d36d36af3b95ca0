using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NodeDns.Demo;

/// <summary>
/// Sample data: a stand-in for cluster DNS and the internet's, with made-up names and documentation addresses.
/// Answers A and AAAA over UDP and TCP on one loopback port; every other name does not exist.
/// </summary>
internal sealed class SampleZone : IDisposable
{
    /// <summary>How late each answer is, in milliseconds, as if cluster DNS were on another node.</summary>
    public const int DelayMs = 3;

    private const ushort TypeA = 1, TypeSoa = 6, TypeAaaa = 28;
    private const ushort FlagsAnswer = 0x8580; // QR AA RD RA
    private const ushort NameError = 3;
    private const int TtlSeconds = 30;

    private static readonly Dictionary<string, string[]> s_records = new(StringComparer.OrdinalIgnoreCase)
    {
        ["kubernetes.default.svc.cluster.local"] = ["10.96.0.1"],
        ["kube-dns.kube-system.svc.cluster.local"] = ["10.96.0.10"],
        ["web.demo.svc.cluster.local"] = ["10.96.12.34"],
        ["db.demo.svc.cluster.local"] = ["10.244.1.7", "10.244.2.9", "10.244.3.4"],
        ["www.example.com"] = ["192.0.2.10", "2001:db8::10"],
        ["api.example.org"] = ["198.51.100.7"],
    };

    private readonly UdpClient _udp;
    private readonly TcpListener _tcp;
    private readonly CancellationTokenSource _stop = new();

    public SampleZone()
    {
        EndPoint = new IPEndPoint(IPAddress.Loopback, FreePort.Take());
        _udp = new UdpClient(EndPoint);
        _tcp = new TcpListener(EndPoint);
        _tcp.Start();
        _ = ServeDatagrams();
        _ = ServeConnections();
    }

    public IPEndPoint EndPoint { get; }

    public void Dispose()
    {
        _stop.Cancel();
        _udp.Dispose();
        _tcp.Dispose();
        _stop.Dispose();
    }

    private async Task ServeDatagrams()
    {
        await Quietly(async () =>
        {
            while (true)
            {
                var query = await _udp.ReceiveAsync(_stop.Token);
                await Task.Delay(DelayMs, _stop.Token);
                await _udp.SendAsync(Answer(query.Buffer), query.RemoteEndPoint, _stop.Token);
            }
        });
    }

    private async Task ServeConnections()
    {
        await Quietly(async () =>
        {
            while (true)
            {
                _ = ServeConnection(await _tcp.AcceptTcpClientAsync(_stop.Token));
            }
        });
    }

    private async Task ServeConnection(TcpClient client)
    {
        using (client)
        {
            await Quietly(async () =>
            {
                var stream = client.GetStream();
                var length = new byte[2];
                while (true)
                {
                    await stream.ReadExactlyAsync(length, _stop.Token);
                    var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                    await stream.ReadExactlyAsync(query, _stop.Token);
                    await Task.Delay(DelayMs, _stop.Token);
                    var answer = Answer(query);
                    BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)answer.Length);
                    await stream.WriteAsync((byte[])[.. length, .. answer], _stop.Token);
                }
            });
        }
    }

    /// <summary>Header and question as asked (RFC 1035 section 4.1), then the records, or an SOA when there are none.</summary>
    private static byte[] Answer(byte[] query)
    {
        var (name, type, questionEnd) = ReadQuestion(query);
        var exists = s_records.TryGetValue(name, out var addresses) || name.Length == 0;
        var wanted = (addresses ?? []).Select(IPAddress.Parse)
            .Where(address => type == (address.AddressFamily == AddressFamily.InterNetwork ? TypeA : TypeAaaa))
            .ToArray();

        var answer = new MemoryStream();
        answer.Write(query.AsSpan(0, 2));
        Write16(answer, (ushort)(FlagsAnswer | (exists ? 0 : NameError)));
        Write16(answer, 1);
        Write16(answer, (ushort)wanted.Length);
        Write16(answer, (ushort)(wanted.Length == 0 ? 1 : 0));
        Write16(answer, 0);
        answer.Write(query.AsSpan(12, questionEnd - 12));
        foreach (var address in wanted)
        {
            WriteRecord(answer, [0xC0, 12], type, address.GetAddressBytes());
        }
        if (wanted.Length == 0)
        {
            byte[] soaData = [0, 0, .. new byte[16], 0, 0, 0, TtlSeconds];
            WriteRecord(answer, [0], TypeSoa, soaData);
        }
        return answer.ToArray();
    }

    private static (string Name, ushort Type, int End) ReadQuestion(byte[] query)
    {
        var labels = new List<string>();
        var at = 12;
        while (query[at] != 0)
        {
            labels.Add(Encoding.ASCII.GetString(query, at + 1, query[at]));
            at += 1 + query[at];
        }
        return (string.Join('.', labels), BinaryPrimitives.ReadUInt16BigEndian(query.AsSpan(at + 1)), at + 5);
    }

    private static void WriteRecord(MemoryStream to, byte[] owner, ushort type, byte[] data)
    {
        to.Write(owner);
        Write16(to, type);
        Write16(to, 1);
        Write16(to, 0);
        Write16(to, TtlSeconds);
        Write16(to, (ushort)data.Length);
        to.Write(data);
    }

    private static void Write16(MemoryStream to, ushort value)
    {
        to.WriteByte((byte)(value >> 8));
        to.WriteByte((byte)value);
    }

    /// <summary>Ends without noise when the demo stops or a client leaves.</summary>
    private static async Task Quietly(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception leaving) when (leaving is OperationCanceledException or IOException or SocketException
            or ObjectDisposedException)
        {
        }
    }
}

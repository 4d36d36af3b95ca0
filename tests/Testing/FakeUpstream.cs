using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using NodeDns.Testing.Messages;

namespace NodeDns.Testing;

/// <summary>An upstream server on real loopback sockets, UDP and TCP on one port, that answers as a test tells it.</summary>
/// <remarks>TCP queries of one connection are answered concurrently, so a held answer does not hold the next.</remarks>
public sealed class FakeUpstream : IDisposable
{
    private readonly Socket _udp;
    private readonly TcpListener _tcp;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<(string Name, ushort Type), FakeAnswer> _answers = new();
    private readonly ConcurrentQueue<Seen> _seen = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _open = new();
    private int _connections;

    /// <summary>A query as it arrived.</summary>
    public sealed record Seen(DnsMessage Query, bool OverTcp, IPEndPoint Client);

    /// <param name="endPoint">Where to listen; a free port of 127.0.0.1 when null.</param>
    public FakeUpstream(IPEndPoint? endPoint = null)
    {
        (_udp, _tcp) = Listen(endPoint);
        EndPoint = (IPEndPoint)_tcp.LocalEndpoint;
        _ = ServeUdp();
        _ = ServeTcp();
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Answers every question that no <see cref="On"/> names. REFUSED until it is set.</summary>
    public Func<DnsQuestion, FakeAnswer> Otherwise { get; set; } = _ => FakeAnswer.Denial("REFUSED");

    /// <summary>Every well-formed query so far, in order of arrival.</summary>
    public IReadOnlyCollection<Seen> Queries => _seen;

    /// <summary>TCP connections accepted so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>TCP connections open now.</summary>
    public int OpenConnections => _open.Count;

    /// <summary>Sets, or replaces, the answer to one question; the name is matched without regard to case.</summary>
    public void On(string name, string type, FakeAnswer answer) =>
        _answers[(name.ToLowerInvariant(), DnsTypes.TypeOf(type))] = answer;

    public int CountOf(string name, string type) => _seen.Count(seen =>
        seen.Query.Question is { } question && question.Type == DnsTypes.TypeOf(type)
        && question.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Closes every open TCP connection, as a restarting server does.</summary>
    public void CloseConnections()
    {
        foreach (var client in _open.Keys)
        {
            client.Close();
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _udp.Dispose();
        _tcp.Dispose();
        CloseConnections();
        _stop.Dispose();
    }

    /// <summary>UDP and TCP on the same port; a port free for one may be taken for the other, so it tries again.</summary>
    private static (Socket Udp, TcpListener Tcp) Listen(IPEndPoint? endPoint)
    {
        for (var attempt = 0; ; attempt++)
        {
            var tcp = new TcpListener(endPoint ?? new IPEndPoint(IPAddress.Loopback, 0));
            tcp.Start(512);
            var udp = new Socket(tcp.LocalEndpoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
            {
                ReceiveBufferSize = 4 << 20,
            };
            try
            {
                udp.Bind(tcp.LocalEndpoint);
                return (udp, tcp);
            }
            catch (SocketException) when (endPoint is null && attempt < 100)
            {
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }

    private async Task ServeUdp()
    {
        var buffer = new byte[65535];
        var anyone = new IPEndPoint(_udp.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var received = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, anyone, _stop.Token);
                var client = (IPEndPoint)received.RemoteEndPoint;
                _ = Quietly(() => Answer(buffer[..received.ReceivedBytes], overTcp: false, client,
                    octets => _udp.SendToAsync(octets, SocketFlags.None, client, _stop.Token).AsTask(), () => { }));
            }
            catch (SocketException)
            {
                // A client closed its port: an ICMP error of an earlier send.
            }
            catch (Exception stopped) when (stopped is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private Task ServeTcp() => Quietly(async () =>
    {
        while (true)
        {
            var client = await _tcp.AcceptTcpClientAsync(_stop.Token);
            Interlocked.Increment(ref _connections);
            _open[client] = true;
            _ = ServeConnection(client);
        }
    });

    private async Task ServeConnection(TcpClient client)
    {
        using var writing = new SemaphoreSlim(1);
        await Quietly(async () =>
        {
            var peer = (IPEndPoint)client.Client.RemoteEndPoint!;
            var stream = client.GetStream();
            var length = new byte[2];
            while (true)
            {
                await stream.ReadExactlyAsync(length, _stop.Token);
                var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(query, _stop.Token);
                _ = Quietly(() => Answer(query, overTcp: true, peer, async octets =>
                {
                    await writing.WaitAsync(_stop.Token);
                    try
                    {
                        byte[] frame = [(byte)(octets.Length >> 8), (byte)octets.Length, .. octets];
                        await stream.WriteAsync(frame, _stop.Token);
                    }
                    finally
                    {
                        writing.Release();
                    }
                }, client.Close));
            }
        });
        _open.TryRemove(client, out _);
        client.Dispose();
    }

    private async Task Answer(byte[] wire, bool overTcp, IPEndPoint client, Func<byte[], Task> send, Action close)
    {
        var query = DnsMessage.Parse(wire);
        var seen = new Seen(query, overTcp, client);
        _seen.Enqueue(seen);
        var question = query.Question!;
        var answer = _answers.TryGetValue((question.Name.ToLowerInvariant(), question.Type), out var told)
            ? told
            : Otherwise(question);
        if (answer.Hold is { } hold)
        {
            await hold;
        }
        if (answer.Silent || answer.IsLost?.Invoke(seen) == true || answer.Close || (answer.SilentOnEdns && query.Edns is not null))
        {
            if (answer.Close && overTcp)
            {
                close();
            }
            return;
        }
        foreach (var octets in answer.Before?.Invoke(wire) ?? [])
        {
            await send(octets);
        }
        var reply = answer.ToBytes(query, overTcp);
        await send(answer.Mangle?.Invoke(reply) ?? reply);
    }

    /// <summary>Malformed queries, leaving clients and the end of the test are all expected here.</summary>
    private static async Task Quietly(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception expected) when (expected is OperationCanceledException or IOException or SocketException
            or ObjectDisposedException or FormatException or InvalidOperationException)
        {
        }
    }
}

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
    private readonly Lock _gate = new();
    private int _connections;
    private int _busy;

    /// <summary>A query as it arrived.</summary>
    public sealed record Seen(DnsMessage Query, bool OverTcp, IPEndPoint Client);

    /// <param name="endPoint">Where to listen; a free port of 127.0.0.1 when null.</param>
    public FakeUpstream(IPEndPoint? endPoint = null)
    {
        (_udp, _tcp) = Listen(endPoint);
        EndPoint = (IPEndPoint)_tcp.LocalEndpoint;
        new Thread(ServeUdp) { IsBackground = true }.Start();
        new Thread(ServeTcp) { IsBackground = true }.Start();
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Answers every question that no <see cref="On"/> names. REFUSED until it is set.</summary>
    public Func<DnsQuestion, FakeAnswer> Otherwise { get; set; } = _ => FakeAnswer.Denial("REFUSED");

    /// <summary>Every well-formed query so far, in order of arrival.</summary>
    public IReadOnlyCollection<Seen> Queries => _seen;

    /// <summary>TCP connections accepted so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Queries that have arrived so far, malformed ones too.</summary>
    public int Handled { get; private set; }

    /// <summary>Everything that has arrived is answered, or held, or left unanswered on purpose. On loopback a packet has
    /// arrived when the call that sends it returns.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _busy == 0 && _udp.Available == 0 && !_tcp.Pending()
                    && _open.Keys.All(client => client.Connected && client.Available == 0);
            }
        }
    }

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

    private void ServeUdp()
    {
        var buffer = new byte[65535];
        while (true)
        {
            EndPoint client = new IPEndPoint(
                _udp.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
            int length;
            try
            {
                _udp.Poll(-1, SelectMode.SelectRead);
                lock (_gate)
                {
                    length = _udp.ReceiveFrom(buffer, ref client);
                    Begin();
                }
            }
            catch (SocketException) when (!_stop.IsCancellationRequested)
            {
                // A client closed its port: an ICMP error of an earlier send.
                continue;
            }
            catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
            {
                return;
            }
            _ = Work(() => Answer(buffer[..length], overTcp: false, (IPEndPoint)client,
                octets => _udp.SendToAsync(octets, SocketFlags.None, client, _stop.Token).AsTask(), () => { }));
        }
    }

    private void ServeTcp()
    {
        try
        {
            while (true)
            {
                _tcp.Server.Poll(-1, SelectMode.SelectRead);
                lock (_gate)
                {
                    var client = _tcp.AcceptTcpClient();
                    Interlocked.Increment(ref _connections);
                    _open[client] = true;
                    _ = ServeConnection(client);
                }
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }

    private async Task ServeConnection(TcpClient client)
    {
        using var writing = new SemaphoreSlim(1);
        await Quietly(async () =>
        {
            var peer = (IPEndPoint)client.Client.RemoteEndPoint!;
            var stream = client.GetStream();
            var octets = new byte[2 * 65537];
            var have = 0;
            while (true)
            {
                // Waits, and takes nothing: what has arrived stays in sight of IsIdle until it is under way.
                await client.Client.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, _stop.Token);
                lock (_gate)
                {
                    var count = client.Client.Receive(octets.AsSpan(have), SocketFlags.None);
                    if (count == 0)
                    {
                        return;
                    }
                    have += count;
                    while (have >= 2 && BinaryPrimitives.ReadUInt16BigEndian(octets) is var length && have >= 2 + length)
                    {
                        var query = octets[2..(2 + length)];
                        octets.AsSpan((2 + length)..have).CopyTo(octets);
                        have -= 2 + length;
                        Begin();
                        _ = Work(() => Answer(query, overTcp: true, peer, Send, client.Close));
                    }
                }
            }

            async Task Send(byte[] message)
            {
                await writing.WaitAsync(_stop.Token);
                try
                {
                    byte[] frame = [(byte)(message.Length >> 8), (byte)message.Length, .. message];
                    await stream.WriteAsync(frame, _stop.Token);
                }
                finally
                {
                    writing.Release();
                }
            }
        });
        _open.TryRemove(client, out _);
        client.Dispose();
    }

    private void Begin()
    {
        _busy++;
        Handled++;
    }

    private async Task Work(Func<Task> work)
    {
        await Quietly(work);
        End();
    }

    private void End()
    {
        lock (_gate)
        {
            _busy--;
        }
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
            End();
            await hold;
            lock (_gate)
            {
                _busy++;
            }
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

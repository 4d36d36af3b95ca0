using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeDns.Cache.Commands;
using NodeDns.Cache.Serve;
using NodeDns.Cache.Tests.Serve;
using NodeDns.Corefile;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Listen;

/// <summary>`serve` in this process on loopback, with a fake upstream and a clock that the test moves.</summary>
internal sealed class ServeHarness : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodedns-serve-").FullName;
    private readonly MemoryStream _log = new();
    private readonly StderrLogger _loggers;
    private readonly Thread _thread;
    private int _exitCode = -1;

    /// <param name="corefile">{port} and {upstream} are filled in.</param>
    /// <param name="reading">Changes how the Corefile is read.</param>
    /// <param name="guard">Gives the sockets; null: they are opened here.</param>
    /// <param name="options">Changes the command line.</param>
    public ServeHarness(string corefile, int workers = 1, Func<CorefileOptions, CorefileOptions>? reading = null,
        HandingGuard? guard = null, Func<ServeOptions, ServeOptions>? options = null)
    {
        Port = Ports.Next();
        _loggers = new StderrLogger(Stream.Synchronized(_log));
        Write(corefile);
        var given = new ServeOptions
        {
            ConfigFile = Path.Combine(_folder, "Corefile"),
            Workers = workers,
            DnsPort = Port,
            HandoverSocket = guard?.Path,
            TapSocket = TapSocket,
        };
        given = options?.Invoke(given) ?? given;
        var how = ServeCommand.Reading(given);
        Server = new CacheServer(given, reading?.Invoke(how) ?? how, _loggers, Clock);
        _thread = new Thread(() => _exitCode = Server.Run()) { IsBackground = true };
        _thread.Start();
        while (!Server.Started.Wait(50))
        {
            if (!_thread.IsAlive)
            {
                throw new InvalidOperationException(Log);
            }
        }
    }

    public StepClock Clock { get; } = new();

    public string TapSocket => Path.Combine(_folder, "cache.tap");

    public FakeUpstream Upstream { get; } = new();

    public CacheServer Server { get; }

    public int Port { get; }

    public IPEndPoint EndPoint => new(IPAddress.Loopback, Port);

    public string Log => Encoding.UTF8.GetString(_log.ToArray());

    public void Write(string corefile) => File.WriteAllText(Path.Combine(_folder, "Corefile"),
        corefile.Replace("{port}", $"{Port}").Replace("{upstream}", $"{Upstream.EndPoint}"));

    /// <summary>Moves the clock and lets every loop notice.</summary>
    public void Advance(TimeSpan by)
    {
        Clock.Ms += (long)by.TotalMilliseconds;
        foreach (var loop in Server.Loops)
        {
            loop.Post(() => { });
        }
    }

    public async Task<DnsMessage> AskUdp(DnsMessage query, IPEndPoint? at = null)
    {
        using var socket = new UdpClient(AddressFamily.InterNetwork);
        await socket.SendAsync(query.ToBytes(), at ?? EndPoint);
        var reply = await socket.ReceiveAsync(Patience());
        Assert.Equal(at ?? EndPoint, reply.RemoteEndPoint);
        return DnsMessage.Parse(reply.Buffer);
    }

    public async Task<NetworkStream> Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(EndPoint, Patience());
        return new NetworkStream(socket, ownsSocket: true);
    }

    public static byte[] Framed(DnsMessage message)
    {
        var wire = message.ToBytes();
        return [(byte)(wire.Length >> 8), (byte)wire.Length, .. wire];
    }

    public static async Task<DnsMessage> Read(NetworkStream stream)
    {
        var length = new byte[2];
        await stream.ReadExactlyAsync(length, Patience());
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(message, Patience());
        return DnsMessage.Parse(message);
    }

    /// <summary>Whether the server has ended the connection, waiting for it.</summary>
    public static async Task<bool> IsClosed(NetworkStream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[1], Patience()) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Asks for a stop and waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> Stop()
    {
        Server.Stop("the test");
        while (_thread.IsAlive)
        {
            Advance(TimeSpan.FromMilliseconds(10));
            await Task.Delay(1);
        }
        return _exitCode;
    }

    public void Dispose()
    {
        Server.Stop("the end of the test");
        while (!_thread.Join(20))
        {
            Advance(TimeSpan.FromSeconds(1));
        }

        Server.Dispose();
        _loggers.Dispose();
        Upstream.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Waits until something is true.</summary>
    public static Task Until(Func<bool> isTrue, string what) => Until(() => Task.FromResult(isTrue()), what);

    public static async Task Until(Func<Task<bool>> isTrue, string what)
    {
        var patience = Patience();
        while (!await isTrue())
        {
            Assert.False(patience.IsCancellationRequested, $"{what} did not come");
            await Task.Delay(1);
        }
    }

    /// <summary>No test waits for this; it ends one that would hang.</summary>
    public static CancellationToken Patience() => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    internal sealed class StepClock : MonotonicClock
    {
        private long _ms = 1_000_000;

        public long Ms
        {
            get => Volatile.Read(ref _ms);
            set => Volatile.Write(ref _ms, value);
        }

        public override long NowMs => Ms;
    }
}

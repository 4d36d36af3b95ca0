using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using NodeDns.Cache.Commands;
using NodeDns.Cache.Serve;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;
using NodeDns.Testing;

namespace NodeDns.Cache.Scenarios;

/// <summary>The whole of `serve` in this process, on loopback, with a clock that moves when the script says so.</summary>
internal sealed class CacheUnderTest : IDisposable
{
    /// <summary>Real time for packets that a timer sent to come back before the clock moves on.</summary>
    private const int PacketPatienceMs = 40;

    private readonly string _folder;
    private readonly StepClock _clock;
    private readonly MemoryStream _log = new();
    private readonly StderrLogger _loggers;
    private readonly CacheServer _server;
    private readonly Thread _thread;

    private CacheUnderTest(string folder, ServeOptions options)
    {
        _folder = folder;
        _clock = new StepClock();
        _loggers = new StderrLogger(Stream.Synchronized(_log));
        _server = new CacheServer(options, ServeCommand.Reading(options), _loggers, _clock);
        EndPoint = new IPEndPoint(IPAddress.Loopback, options.DnsPort);
        _thread = new Thread(() => _server.Run()) { IsBackground = true };
    }

    public IPEndPoint EndPoint { get; }

    /// <param name="arguments">`memory=1Mi`, `workers=2`.</param>
    public static async Task<CacheUnderTest> Start(string corefile, string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("nodedns-scenario-").FullName;
        var path = Path.Combine(folder, "Corefile");
        await File.WriteAllTextAsync(path, corefile);
        string? Argument(string name) => arguments
            .FirstOrDefault(argument => argument.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
        var cache = new CacheUnderTest(folder, new ServeOptions
        {
            ConfigFile = path,
            DnsPort = Ports.Next(),
            Workers = int.Parse(Argument("workers") ?? "1", CultureInfo.InvariantCulture),
            KubeDnsDirectory = Directory.CreateDirectory(Path.Combine(folder, "kube-dns")).FullName,
            MemoryBytes = ByteSize.Parse(Argument("memory") ?? "4Mi") ?? throw new FormatException("memory="),
        });
        cache._thread.Start();
        while (!cache._server.Started.Wait(TimeSpan.FromMilliseconds(100)))
        {
            if (!cache._thread.IsAlive)
            {
                throw new InvalidOperationException($"serve did not start:\n{Encoding.UTF8.GetString(cache._log.ToArray())}");
            }
        }
        await cache.Settle();
        return cache;
    }

    /// <summary>Replaces the Corefile and asks for a reload.</summary>
    public async Task Reload(string corefile)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "Corefile"), corefile);
        _server.ReloadNow();
        await Settle();
    }

    /// <summary>Writes one key of the kube-dns ConfigMap and asks for a reload.</summary>
    public async Task SetKubeDns(string key, string json)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "kube-dns", key), json);
        _server.ReloadNow();
        await Settle();
    }

    /// <summary>Moves the clock, stopping at every timer on the way so that they fire in order.</summary>
    public async Task Advance(TimeSpan by)
    {
        var end = _clock.Ms + (long)by.TotalMilliseconds;
        while (true)
        {
            var next = Math.Min(await Settle(), end);
            if (next > _clock.Ms)
            {
                _clock.Ms = next;
                await Settle();
            }
            if (_clock.Ms >= end)
            {
                return;
            }
            await Task.Delay(PacketPatienceMs);
        }
    }

    /// <summary>Waits until every loop has turned, timers that are due included.</summary>
    /// <returns>When the next timer is due, on the script's clock.</returns>
    public async Task<long> Settle()
    {
        var earliest = long.MaxValue;
        // Twice: what one loop posts to another in the first round has run after the second.
        for (var round = 0; round < 2; round++)
        {
            foreach (var loop in _server.Loops)
            {
                earliest = Math.Min(await Turn(loop), round == 0 ? long.MaxValue : earliest);
            }
        }
        return earliest;
    }

    /// <summary>The metrics as Prometheus would read them.</summary>
    public string Scrape()
    {
        var text = new ArrayBufferWriter<byte>();
        _server.Registry.Write(text);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    public void Dispose()
    {
        _server.Stop("end of the script");
        while (!_thread.Join(TimeSpan.FromMilliseconds(20)))
        {
            _clock.Ms += 1000;
            foreach (var loop in _server.Loops)
            {
                loop.Post(() => { });
            }
        }
        _server.Dispose();
        _loggers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<long> Turn(EventLoop loop)
    {
        var turned = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        // The second post runs in a later turn, when the timers of the first have fired.
        loop.Post(() => loop.Post(() => turned.SetResult(loop.EarliestTimerMs)));
        return await turned.Task;
    }

    private sealed class StepClock : MonotonicClock
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

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NodeDns.Cache.Scenarios.Differential;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Scenarios.Search;

/// <summary>A bad day of cluster DNS: pods that die, freeze, fail or restart while misses go on, and the cache asks them by
/// forward's endpoints.</summary>
/// <remarks>The pods are real CoreDNS processes at addresses of loopback. What stands for the ClusterIP answers for the
/// headless Service, and, as a Service without a living pod, for nothing else.</remarks>
public sealed class BadDayTests(ITestOutputHelper output)
{
    private const string Name = "pods.kube-system.svc.cluster.local.";
    private const int Pods = 3;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public enum Trouble
    {
        Killed,
        Frozen,
        CutOff,
        ServFail,
        Restarted,
    }

    [Theory]
    [InlineData(Trouble.Killed)]
    [InlineData(Trouble.Frozen)]
    [InlineData(Trouble.CutOff)]
    [InlineData(Trouble.ServFail)]
    [InlineData(Trouble.Restarted)]
    public async Task No_lookup_is_lost(Trouble trouble)
    {
        var folder = Directory.CreateTempSubdirectory("nodedns-badday-").FullName;
        try
        {
            var coreDns = CoreDnsBinary.Unpack(folder);
            Assert.SkipWhen(coreDns is null, "no coredns.tar.xz in CLUSTER_TOOLS");
            using var day = await BadDay.Start(folder, coreDns!);
            var lookups = day.LookUp(seconds: 4);
            await Task.Delay(800);
            await day.Happen(trouble);
            var (asked, lost, slowest) = await lookups;
            output.WriteLine($"{trouble}: {asked} lookups, {lost} lost, the slowest {slowest.TotalMilliseconds:F0} ms");
            Assert.True(asked > 100, $"only {asked} lookups");
            Assert.Equal(0, lost);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class BadDay : IDisposable
    {
        private readonly int _port = Ports.Next();
        private readonly string _folder;
        private readonly string _coreDns;
        private readonly FakeUpstream _service;
        private readonly ConcurrentDictionary<int, (ServerProcess Server, Process Process)> _pods = new();
        private readonly List<Process> _frozen = [];
        private readonly List<Socket> _swallowing = [];
        private ServerProcess _cache = null!;

        private BadDay(string folder, string coreDns)
        {
            _folder = folder;
            _coreDns = coreDns;
            _service = new FakeUpstream(new IPEndPoint(IPAddress.Loopback, _port)) { Otherwise = _ => new FakeAnswer { Silent = true } };
        }

        public static async Task<BadDay> Start(string folder, string coreDns)
        {
            var day = new BadDay(folder, coreDns);
            for (var pod = 1; pod <= Pods; pod++)
            {
                await day.StartPod(pod, fails: false);
            }

            day.Tell();
            var file = Path.Combine(folder, "Corefile.cache");
            var port = Ports.Next();
            await File.WriteAllTextAsync(file, $$"""
                .:{{port}} {
                    bind 127.0.0.1
                    cache 30
                    forward . 127.0.0.1:{{day._port}} {
                        force_tcp
                        endpoints {{Name}}
                    }
                }

                """);
            day._cache = await ServerProcess.Start(new IPEndPoint(IPAddress.Loopback, port), "dotnet",
                Path.Combine(AppContext.BaseDirectory, "node-dns-cache.dll"), "serve", "--conf", file);
            // Until the pods are known.
            while (await day._cache.Ask(DnsMessage.Query("warm.example.", "A", 1), overTcp: false, s_patience) is not { Rcode: 0 })
            {
                await Task.Delay(50);
            }

            return day;
        }

        /// <summary>Names that nobody has asked for, one after the other from several clients.</summary>
        public async Task<(int Asked, int Lost, TimeSpan Slowest)> LookUp(int seconds)
        {
            var started = Stopwatch.GetTimestamp();
            int asked = 0, lost = 0;
            var slowest = new ConcurrentBag<TimeSpan>();
            await Task.WhenAll(Enumerable.Range(0, 8).Select(async client =>
            {
                for (var n = 0; Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(seconds); n++)
                {
                    var sent = Stopwatch.GetTimestamp();
                    var reply = await _cache.Ask(
                        DnsMessage.Query($"n{n}.c{client}.example.", "A", (ushort)n), overTcp: false, s_patience);
                    slowest.Add(Stopwatch.GetElapsedTime(sent));
                    Interlocked.Increment(ref asked);
                    if (reply is not { Rcode: 0, Answer.Count: 1 })
                    {
                        Interlocked.Increment(ref lost);
                    }

                    await Task.Delay(10);
                }
            }));
            return (asked, lost, slowest.Max());
        }

        public async Task Happen(Trouble trouble)
        {
            switch (trouble)
            {
                case Trouble.Killed:
                    StopPod(1);
                    break;
                case Trouble.Frozen:
                    Signal(_pods[1].Process, "STOP");
                    _frozen.Add(_pods[1].Process);
                    break;
                case Trouble.CutOff:
                    StopPod(1);
                    SwallowAt(AddressOf(1));
                    break;
                case Trouble.ServFail:
                    StopPod(1);
                    await StartPod(1, fails: true);
                    break;
                default:
                    for (var pod = 1; pod <= Pods; pod++)
                    {
                        StopPod(pod);
                        Tell();
                        await StartPod(pod, fails: false);
                        Tell();
                    }

                    break;
            }
        }

        public void Dispose()
        {
            _frozen.ForEach(process => Signal(process, "CONT"));
            _cache?.Dispose();
            foreach (var pod in _pods.Keys)
            {
                StopPod(pod);
            }

            _swallowing.ForEach(socket => socket.Dispose());
            _service.Dispose();
        }

        private static void Signal(Process process, string signal) => Process.Start("kill", [$"-{signal}", $"{process.Id}"]).WaitForExit();

        private static IPAddress AddressOf(int pod) => IPAddress.Parse($"127.0.0.{pod + 1}");

        /// <summary>Nothing comes back from this address: a port whose queue of connections is full drops what comes.</summary>
        private void SwallowAt(IPAddress address)
        {
            var at = new IPEndPoint(address, _port);
            _swallowing.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            _swallowing[0].Bind(at);
            _swallowing[0].Listen(0);
            for (var i = 0; i < 3; i++)
            {
                _swallowing.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false });
                try
                {
                    _swallowing[^1].Connect(at);
                }
                catch (SocketException)
                {
                    // Under way, or dropped already.
                }
            }
        }

        /// <summary>The Service says which pods are ready.</summary>
        private void Tell() =>
            _service.On(Name, "A", FakeAnswer.With([.. _pods.Keys.Order().Select(pod => $"{Name} 1 IN A {AddressOf(pod)}")]));

        private async Task StartPod(int pod, bool fails)
        {
            var file = Path.Combine(_folder, $"Corefile.{pod}");
            var answer = fails ? "rcode SERVFAIL" : "answer \"{{ .Name }} 60 IN A 192.0.2.1\"";
            await File.WriteAllTextAsync(file,
                $".:{_port} {{\n bind {AddressOf(pod)}\n template IN A . {{\n  {answer}\n }}\n template ANY ANY . {{\n  rcode NXDOMAIN\n }}\n}}\n");
            var server = await ServerProcess.Start(new IPEndPoint(AddressOf(pod), _port), _coreDns, "-conf", file);
            _pods[pod] = (server, server.Process);
        }

        private void StopPod(int pod)
        {
            if (_pods.TryRemove(pod, out var stopped))
            {
                stopped.Server.Dispose();
            }
        }
    }
}

using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Probe;
using NodeDns.Webhook.Telemetry;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Probe;

/// <summary>The no-vacuum gate, against a cache that is a bare socket.</summary>
public sealed class CacheProbeTests
{
    private const int NoError = 0;
    private const int ServFail = 2;
    private const int NxDomain = 3;
    private const int Refused = 5;

    [Theory]
    [InlineData(NoError, true)]
    [InlineData(NxDomain, true)]
    [InlineData(ServFail, false)]
    [InlineData(Refused, false)]
    public async Task Answer_that_a_pod_could_use_counts(int rcode, bool answers)
    {
        await using var cache = new OneRcode(rcode);
        await using var probe = Probe(cache.Port);
        await Until.TrueAsync(() => probe.State == (answers ? CacheState.Answering : CacheState.Silent));
        Assert.Contains("kubernetes.default.svc.cluster.local.", probe.Describe());
    }

    [Fact]
    public async Task Nobody_listening_is_silence()
    {
        var metrics = new MetricRegistry();
        await using var probe = Probe(port: 9, metrics);
        await Until.TrueAsync(() => probe.State == CacheState.Silent);
        Assert.DoesNotContain("probes_total{answered=\"false\"} 0", metrics.Write());
        Assert.Contains("probes_total{answered=\"true\"} 0", metrics.Write());
    }

    [Fact]
    public async Task Cache_that_comes_and_goes_is_followed()
    {
        await using var cache = new OneRcode(ServFail);
        await using var probe = Probe(cache.Port);
        await Until.TrueAsync(() => probe.State == CacheState.Silent);
        cache.Rcode = NoError;
        await Until.TrueAsync(() => probe.State == CacheState.Answering);
        cache.Rcode = ServFail;
        await Until.TrueAsync(() => probe.State == CacheState.Silent);
    }

    [Fact]
    public async Task State_is_visible_in_readiness_and_metrics()
    {
        using var certificates = new TestCertificates();
        await using var cache = new OneRcode(NoError);
        await using var webhook = await RunningWebhook.StartAsync(
            certificates, $"--local-address 127.0.0.1 --probe true --probe-port {cache.Port} --fallback none");
        await Until.TrueAsync(() => webhook.App.CacheState == CacheState.Answering);

        var ready = await webhook.GetAsync("/readyz?verbose");
        Assert.Contains("node cache: 127.0.0.1 answering (kubernetes.default.svc.cluster.local. A: NoError)", ready);
        Assert.Contains("injection: on\n", ready);
        Assert.Contains("nodedns_webhook_local_cache_up{address=\"127.0.0.1\"} 1", await webhook.GetAsync("/metrics"));
    }

    [Fact]
    public async Task Silent_cache_without_fallback_stops_injection_visibly_but_not_readiness()
    {
        using var certificates = new TestCertificates();
        await using var webhook = await RunningWebhook.StartAsync(
            certificates, "--local-address 127.0.0.1 --probe true --probe-port 9 --fallback none");
        await Until.TrueAsync(() => webhook.App.CacheState == CacheState.Silent);

        var ready = await webhook.GetAsync("/readyz?verbose");
        Assert.EndsWith("\nready\n", ready);
        Assert.Contains("injection: off until the node cache answers (fallback is none)", ready);
        (await webhook.PostAsync(Pods.Review(Pods.Pod()).ToJsonString())).Dispose();
        var metrics = await webhook.GetAsync("/metrics");
        Assert.Contains("nodedns_webhook_local_cache_up{address=\"127.0.0.1\"} 0", metrics);
        Assert.Contains("nodedns_webhook_skipped_total{reason=\"cache-silent\"} 1", metrics);
    }

    private static CacheProbe Probe(int port, MetricRegistry? metrics = null) =>
        new(new IPEndPoint(IPAddress.Loopback, port), "kubernetes.default.svc.cluster.local.",
            TimeSpan.FromMilliseconds(20),
            TimeSpan.FromSeconds(port == 9 ? 0.1 : 5), TimeProvider.System,
            metrics ?? new MetricRegistry(), NullLogger.Instance);

    /// <summary>Answers each datagram with its own question and one rcode.</summary>
    private sealed class OneRcode : IAsyncDisposable
    {
        private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
        private readonly Task _loop;
        private volatile int _rcode;

        public OneRcode(int rcode)
        {
            _rcode = rcode;
            _loop = RunAsync();
        }

        public int Port => ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;

        public int Rcode { set => _rcode = value; }

        public async ValueTask DisposeAsync()
        {
            _socket.Dispose();
            await _loop;
        }

        private async Task RunAsync()
        {
            try
            {
                while (true)
                {
                    var query = await _socket.ReceiveAsync();
                    var reply = query.Buffer;
                    reply[2] |= 0x80; // QR
                    reply[3] = (byte)((reply[3] & 0xF0) | _rcode);
                    await _socket.SendAsync(reply, query.RemoteEndPoint);
                }
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
            }
        }
    }
}

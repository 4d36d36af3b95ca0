using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeDns.Telemetry;
using Xunit;

namespace NodeDns.Cache.Tests.Telemetry;

public sealed class HttpEndpointTests : IDisposable
{
    private readonly MetricRegistry _registry = new();
    private readonly Readiness _readiness = new();
    private readonly HttpEndpoint _endpoint = new();

    private IReadOnlyList<HttpRoute> Routes(int port = 0) =>
    [
        new("prometheus", IPAddress.Loopback, port, "/metrics", new MetricsPage(_registry)),
        new("health", IPAddress.Loopback, port, "/health", new HealthPage()),
        new("ready", IPAddress.Loopback, port, "/ready", new ReadyPage(_readiness)),
    ];

    private IPEndPoint Address => _endpoint.BoundAddress(IPAddress.Loopback, 0);

    public void Dispose() => _endpoint.Dispose();

    [Fact]
    public void Metrics_are_served_in_text_format_004()
    {
        _registry.Increment(_registry.Counter("a_total", "A."));
        Assert.Empty(_endpoint.Apply(Routes()));
        var answer = Ask("GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n# HELP a_total A.\n# TYPE a_total counter\na_total 1\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Head_has_the_length_and_no_body()
    {
        _endpoint.Apply(Routes());
        var answer = Ask("HEAD /health HTTP/1.0\r\n\r\n");
        Assert.Contains("Content-Length: 2\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Pipelined_requests_are_answered_in_order_on_one_connection()
    {
        _endpoint.Apply(Routes());
        var asked = string.Concat(Enumerable.Repeat("GET /health HTTP/1.1\r\n\r\n", 300));
        var answer = Ask(asked + "GET /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n");
        Assert.Equal(300, answer.Split("HTTP/1.1 200 OK\r\n").Length - 1);
        Assert.Equal(1, answer.Split("HTTP/1.1 404 Not Found\r\n").Length - 1);
    }

    [Theory]
    [InlineData("POST /metrics HTTP/1.1\r\n\r\n", 405)]
    [InlineData("GET /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\n", 413)]
    [InlineData("GET /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 413)]
    [InlineData("GET metrics HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /metrics SPDY/9\r\n\r\n", 400)]
    [InlineData("nonsense\r\n\r\n", 400)]
    [InlineData("GET /metrics HTTP/1.1\r\nno colon\r\n\r\n", 400)]
    public void Bad_requests_are_refused_and_the_connection_closed(string request, int status)
    {
        _endpoint.Apply(Routes());
        Assert.StartsWith($"HTTP/1.1 {status} ", Ask(request), StringComparison.Ordinal);
    }

    [Fact]
    public void Head_longer_than_the_limit_is_refused()
    {
        _endpoint.Apply(Routes());
        Assert.StartsWith(
            "HTTP/1.1 431 ", Ask("GET / HTTP/1.1\r\nX: " + new string('x', 8192 - 19)), StringComparison.Ordinal);
    }

    [Fact]
    public void Ready_names_what_is_not_ready_and_then_remembers_what_was()
    {
        var ready = false;
        _endpoint.Apply(Routes());
        Assert.EndsWith("\r\n\r\nbind", Get("/ready"), StringComparison.Ordinal);
        _readiness.Require(Check("upstream", () => ready), Check("corefile", () => false), Check("x", () => true));
        Assert.EndsWith("\r\n\r\ncorefile,upstream", Get("/ready"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 503 ", Get("/ready"), StringComparison.Ordinal);
        _readiness.Require(Check("upstream", () => ready));
        ready = true;
        Assert.StartsWith("HTTP/1.1 200 ", Get("/ready"), StringComparison.Ordinal);
        ready = false;
        Assert.StartsWith("HTTP/1.1 200 ", Get("/ready"), StringComparison.Ordinal);
        _readiness.ShutDown();
        Assert.EndsWith("Shutting down", Get("/ready"), StringComparison.Ordinal);

        static ReadyCheck Check(string name, Func<bool> isReady) => new(name, isReady, Continuously: false);
    }

    [Fact]
    public void Clients_that_hold_connections_open_do_not_keep_a_probe_out()
    {
        _endpoint.Apply(Routes());
        var idle = new List<Socket>();
        for (var i = 0; i < HttpEndpoint.MaxConnections + 20; i++)
        {
            var socket = Connect();
            socket.Send("GET /heal"u8);
            idle.Add(socket);
        }
        Assert.StartsWith("HTTP/1.1 200 ", Get("/health"), StringComparison.Ordinal);
        idle.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public void Apply_that_cannot_listen_says_where_and_why_and_changes_nothing()
    {
        _endpoint.Apply(Routes());
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var taken = ((IPEndPoint)other.LocalEndPoint!).Port;
        var problem = Assert.Single(_endpoint.Apply(Routes(taken)));
        Assert.StartsWith($"prometheus 127.0.0.1:{taken}: EADDRINUSE", problem, StringComparison.Ordinal);
        Assert.Contains($"(pid {Environment.ProcessId}) listens there", problem, StringComparison.Ordinal);
        Assert.Null(PortOwner.Of(1));
        Assert.StartsWith("HTTP/1.1 200 ", Get("/health"), StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_keeps_listeners_that_stay_with_their_connections_and_closes_the_others()
    {
        _endpoint.Apply([.. Routes(), new HttpRoute("health", IPAddress.IPv6Loopback, 0, "/health", new HealthPage())]);
        var gone = _endpoint.BoundAddress(IPAddress.IPv6Loopback, 0);
        using var kept = Connect();
        kept.Send("GET /health HTTP/1.1\r\n"u8);
        Assert.Empty(_endpoint.Apply(Routes()));
        kept.Send("Connection: close\r\n\r\n"u8);
        Assert.StartsWith("HTTP/1.1 200 ", ReadAll(kept), StringComparison.Ordinal);
        using var refused = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        Assert.Throws<SocketException>(() => refused.Connect(gone));
    }

    [Fact]
    public void Health_probe_times_our_own_answer()
    {
        _endpoint.Apply(Routes());
        var probe = new HealthSelfProbe(_endpoint.Loop, _registry);
        var failures = _registry.Counter(MetricNames.HealthFailures, MetricNames.HealthFailuresHelp);
        var duration = _registry.Histogram(
            MetricNames.HealthDuration, MetricNames.HealthDurationHelp, MetricNames.SlimTimeBuckets, MetricUnit.Nanoseconds);
        probe.Watch(Address);
        Assert.True(SpinWait.SpinUntil(() => Enumerable.Range(duration, 6).Sum(_registry.Read) > 0, 20_000));
        Assert.Equal(0, _registry.Read(failures));
        probe.Watch(new IPEndPoint(IPAddress.Loopback, 1));
        Assert.True(SpinWait.SpinUntil(() => _registry.Read(failures) > 0, 20_000));
        probe.Watch(null);
    }

    private string Get(string path) => Ask($"GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n");

    private string Ask(string request, int waitMs = 20_000)
    {
        using var socket = Connect();
        socket.Send(Encoding.ASCII.GetBytes(request));
        return ReadAll(socket, waitMs);
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(Address);
        return socket;
    }

    private static string ReadAll(Socket socket, int waitMs = 20_000)
    {
        socket.ReceiveTimeout = waitMs;
        var text = new StringBuilder();
        var buffer = new byte[65536];
        for (int read; (read = socket.Receive(buffer)) > 0;)
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return text.ToString();
    }
}

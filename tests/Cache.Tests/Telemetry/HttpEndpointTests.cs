using System.Globalization;
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
    public void Password_is_asked_for_and_compared_with_its_hash()
    {
        Protect(users: Users("alice", "secret", "böb", "a:b"));
        var refused = Ask("GET /metrics HTTP/1.0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401 Unauthorized\r\n", refused, StringComparison.Ordinal);
        Assert.Contains("\r\nWWW-Authenticate: Basic\r\n", refused, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", Ask(Login("alice:secret")), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", Ask(Login("alice:secret")), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", Ask(Login("böb:a:b")), StringComparison.Ordinal);
        foreach (var wrong in (string[])["alice:other", "alice:", "alice", "carol:secret", ":", "böb:a"])
        {
            Assert.StartsWith("HTTP/1.1 401 ", Ask(Login(wrong)), StringComparison.Ordinal);
        }

        Assert.StartsWith(
            "HTTP/1.1 401 ", Ask("GET /metrics HTTP/1.0\r\nAuthorization: Bearer x\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith(
            "HTTP/1.1 401 ", Ask("GET /metrics HTTP/1.0\r\nAuthorization: Basic !\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", Ask("GET /health HTTP/1.0\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void Requests_behind_a_password_are_answered_in_order()
    {
        Protect(users: Users("alice", "secret"));
        var login = Login("alice:secret").Replace("1.0", "1.1", StringComparison.Ordinal);
        var answer = Ask(string.Concat(Enumerable.Repeat(login, 20)) + Login("alice:wrong"));
        Assert.Equal(20, answer.Split("HTTP/1.1 200 OK\r\n").Length - 1);
        Assert.Equal(1, answer.Split("HTTP/1.1 401 Unauthorized\r\n").Length - 1);
    }

    [Fact]
    public void Pages_without_a_password_do_not_wait_for_those_with_one()
    {
        // Sixteen thousand rounds: seconds of work for each guess.
        Protect(users: new Dictionary<string, string> { ["alice"] = "$2b$14$" + new string('a', 53) });
        using var guess = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        guess.Connect(Address);
        guess.Send(Encoding.UTF8.GetBytes(Login("alice:guess")));
        Assert.StartsWith("HTTP/1.1 200 ", Ask("GET /health HTTP/1.0\r\n\r\n"), StringComparison.Ordinal);
        Assert.Equal(0, guess.Available);
    }

    [Fact]
    public void Password_that_takes_longer_than_the_deadline_is_answered()
    {
        // Some ten seconds of work.
        Protect(users: new Dictionary<string, string> { ["alice"] = "$2b$17$" + new string('a', 53) });
        Assert.StartsWith("HTTP/1.1 401 ", Ask(Login("alice:guess"), waitMs: 120_000), StringComparison.Ordinal);
    }

    [Fact]
    public void End_does_not_wait_for_the_look_at_a_password()
    {
        var before = Directory.GetDirectories("/proc/self/task");
        Protect(users: new Dictionary<string, string> { ["alice"] = "$2b$16$" + new string('a', 53) });
        using var guess = Connect();
        guess.Send(Encoding.UTF8.GetBytes(Login("alice:guess")));
        string? looking = null;
        Assert.True(SpinWait.SpinUntil(
            () => (looking = Array.Find(
                Directory.GetDirectories("/proc/self/task").Except(before).ToArray(),
                task => File.ReadAllText(task + "/comm") == "passwords\n" && CpuNanoseconds(task) > 100_000_000)) is not null,
            20_000));
        _endpoint.Dispose();
        Assert.True(Directory.Exists(looking), "the thread has ended");
    }

    [Fact]
    public void Flood_of_wrong_passwords_leaves_other_pages_and_who_is_known_alone()
    {
        Protect(users: Users("alice", "secret"));
        Assert.StartsWith("HTTP/1.1 200 ", Ask(Login("alice:secret")), StringComparison.Ordinal);
        var guesses = new List<Socket>();
        for (var i = 0; i < HttpEndpoint.MaxConnections - 4; i++)
        {
            guesses.Add(Connect());
            guesses[^1].Send(Encoding.UTF8.GetBytes(Login("alice:guess")));
        }
        Assert.StartsWith("HTTP/1.1 200 ", Get("/health"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 503 ", Get("/ready"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", Ask(Login("alice:secret")), StringComparison.Ordinal);
        Assert.Equal(0, guesses[^1].Available);
        guesses.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public void Time_of_a_look_does_not_tell_who_is_known()
    {
        var access = new HttpAccess(
            "",
            new Dictionary<string, string> { ["few"] = "$2b$04$" + new string('a', 53), ["many"] = "$2b$11$" + new string('a', 53) },
            intervalMs: 0,
            burst: 0);
        Assert.All(
            (string[])["few", "many", "nobody"],
            user => Assert.Equal(1 << 11, access.HashesFor(user).Sum(hash => 1 << HttpAccess.Cost(hash))));
    }

    [Fact]
    public void Fields_of_the_file_are_in_replies()
    {
        Protect(fields: "X-Frame-Options: deny\r\nX-XSS-Protection: 0\r\n", users: Users("alice", "secret"));
        foreach (var request in (string[])["GET /metrics HTTP/1.0\r\n\r\n", Login("alice:secret")])
        {
            Assert.Contains("\r\nX-Frame-Options: deny\r\nX-XSS-Protection: 0\r\n", Ask(request), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("X-Frame-Options", Ask("GET /health HTTP/1.0\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void Requests_beyond_the_rate_are_refused()
    {
        Protect(intervalMs: 3_600_000, burst: 3);
        var answer = Ask(string.Concat(Enumerable.Repeat("GET /metrics HTTP/1.1\r\n\r\n", 5)) + "GET /metrics HTTP/1.0\r\n\r\n");
        Assert.Equal(3, answer.Split("HTTP/1.1 200 OK\r\n").Length - 1);
        Assert.Equal(3, answer.Split("HTTP/1.1 429 Too Many Requests\r\n").Length - 1);
    }

    [Fact]
    public void Rate_allows_one_more_after_each_interval()
    {
        var access = new HttpAccess("", new Dictionary<string, string>(), intervalMs: 1000, burst: 2);
        Assert.Equal(
            [true, true, false, false, true, false, true, true, false],
            new long[] { 5000, 5000, 5000, 5999, 6000, 6001, 60_000, 60_000, 60_000 }.Select(access.Enter));
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

    private void Protect(
        string fields = "", IReadOnlyDictionary<string, string>? users = null, long intervalMs = 0, int burst = 0) =>
        Assert.Empty(_endpoint.Apply([.. Routes().Select(route => route.Directive != "prometheus" ? route : route with
        {
            Access = new HttpAccess(fields, users ?? new Dictionary<string, string>(), intervalMs, burst),
        })]));

    /// <summary>Names and passwords, in turn.</summary>
    private static Dictionary<string, string> Users(params string[] words) => words.Chunk(2)
        .ToDictionary(user => user[0], user => BCrypt.Net.BCrypt.HashPassword(user[1], 4));

    private static string Login(string user) =>
        $"GET /metrics HTTP/1.0\r\nAuthorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(user))}\r\n\r\n";

    /// <summary>What a thread has worked.</summary>
    private static long CpuNanoseconds(string task) =>
        long.Parse(File.ReadAllText(task + "/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);

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

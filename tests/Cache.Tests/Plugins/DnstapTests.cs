using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using NodeDns.Cache.Tests.Listen;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Plugins;

/// <summary>dnstap as golang-dnstap's own reader understands it.</summary>
public sealed class DnstapTests : IDisposable
{
    private const string Reader = "/usr/bin/dnstap";
    private readonly string _folder = Directory.CreateTempSubdirectory("dnstap-").FullName;

    private string Socket => Path.Combine(_folder, "tap.sock");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_collector_is_told_of_a_query_its_reply_and_what_upstream_was_asked(bool tcp)
    {
        var port = Ports.Next();
        using var collector = new Collector(tcp ? ["-l", $"127.0.0.1:{port}"] : ["-u", Socket]);
        await ServeHarness.Until(() => tcp ? !Ports.IsFree(port) : File.Exists(Socket), "the collector");
        using var serve = Start($"dnstap {(tcp ? $"tcp://127.0.0.1:{port}" : Socket)} full {{\n identity node-7\n version 1.2\n }}");
        var asked = await serve.AskUdp(DnsMessage.Query("www.Example.com.", "A", 4711));
        Assert.Single(asked.Answer);
        var told = await collector.Read(4);

        var query = told["CLIENT_QUERY"];
        Assert.Equal(("node-7", "1.2"), (Text(query, "identity"), Text(query, "version")));
        var message = query.GetProperty("message");
        Assert.Equal(("INET", "UDP", "127.0.0.1"),
            (Text(message, "socket_family"), Text(message, "socket_protocol"), Text(message, "query_address")));
        Assert.Equal(serve.Port, message.GetProperty("response_port").GetInt32());
        Assert.Contains("www.Example.com.", Text(message, "query_message"), StringComparison.Ordinal);
        Assert.Contains("id: 4711", Text(message, "query_message"), StringComparison.Ordinal);

        var response = told["CLIENT_RESPONSE"].GetProperty("message");
        Assert.Contains("192.0.2.1", Text(response, "response_message"), StringComparison.Ordinal);
        Assert.InRange(response.GetProperty("response_time").GetDateTime(), response.GetProperty("query_time").GetDateTime(),
            TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1));

        Assert.Equal(serve.Upstream.EndPoint.Port, told["FORWARDER_QUERY"].GetProperty("message").GetProperty("response_port").GetInt32());
        Assert.Contains("192.0.2.1", Text(told["FORWARDER_RESPONSE"].GetProperty("message"), "response_message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hit_is_told_too_and_without_full_there_are_addresses_and_times_only()
    {
        using var collector = new Collector("-u", Socket);
        await ServeHarness.Until(() => File.Exists(Socket), "the collector");
        using var serve = Start($"dnstap unix://{Socket}");
        await serve.AskUdp(DnsMessage.Query("www.example.com.", "A", 1));
        await collector.Read(4);
        await serve.AskUdp(DnsMessage.Query("www.example.com.", "A", 2));
        var told = await collector.Read(2);
        Assert.Equal(["CLIENT_QUERY", "CLIENT_RESPONSE"], told.Keys.Order());
        Assert.Equal("127.0.0.1", Text(told["CLIENT_RESPONSE"].GetProperty("message"), "query_address"));
        Assert.False(told["CLIENT_QUERY"].GetProperty("message").TryGetProperty("query_message", out _));
    }

    [Fact]
    public async Task A_collector_that_goes_costs_no_lookup_and_is_told_again_when_it_is_back()
    {
        using var serve = Start($"dnstap {Socket}");
        await Ask(serve, 20);
        using (var first = new Collector("-u", Socket))
        {
            await Told(serve, first);
        }

        await Ask(serve, 20);
        File.Delete(Socket);
        using var second = new Collector("-u", Socket);
        await Told(serve, second);
        Assert.Contains("No connection to", serve.Log, StringComparison.Ordinal);
        Assert.Contains("Connected to", serve.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collector_that_stops_reading_costs_no_lookup_and_what_it_misses_is_counted()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Socket));
        listener.Listen();
        using var serve = Start($"dnstap {Socket} full {{\n extra more\n }}");
        using var stuck = await listener.AcceptAsync(ServeHarness.Patience());
        await stuck.ReceiveAsync(new byte[1024], ServeHarness.Patience());
        byte[] contentType = [.. "protobuf:dnstap.Dnstap"u8];
        await stuck.SendAsync(new byte[] { 0, 0, 0, 0, 0, 0, 0, 34, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 22 }.Concat(contentType).ToArray(),
            ServeHarness.Patience());
        await Ask(serve, 12_000);
        var first = new byte[1024];
        await stuck.ReceiveAsync(first, ServeHarness.Patience());
        // Field 3 of dnstap.proto, which the reader above does not print.
        Assert.True(first.AsSpan().IndexOf("\u001a\u0004more"u8) > 0);
        Assert.NotEqual(0, serve.Server.Registry.Read(serve.Server.Registry.Counter("nodedns_cache_dnstap_dropped_total", "")));
    }

    private static ServeHarness Start(string directive)
    {
        var serve = new ServeHarness($".:{{port}} {{\n bind 127.0.0.1\n {directive}\n cache 60\n forward . {{upstream}}\n}}\n");
        serve.Upstream.Otherwise = question => FakeAnswer.With($"{question.Name} 30 IN A 192.0.2.1");
        return serve;
    }

    private static async Task Ask(ServeHarness serve, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Assert.Single((await serve.AskUdp(DnsMessage.Query("www.example.com.", "A", 1))).Answer);
        }
    }

    private static async Task Told(ServeHarness serve, Collector collector)
    {
        var told = collector.Read(2);
        await ServeHarness.Until(
            async () =>
            {
                await Ask(serve, 1);
                return told.IsCompleted;
            },
            "a message");
        await told;
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    /// <summary>golang-dnstap's command line tool, which prints messages as JSON.</summary>
    private sealed class Collector : IDisposable
    {
        private readonly Process _process;

        public Collector(params string[] arguments)
        {
            Assert.SkipUnless(File.Exists(Reader), "needs golang-github-dnstap-golang-dnstap-cli: eng/install test");
            _process = Process.Start(new ProcessStartInfo(Reader, [.. arguments, "-j"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }

        /// <summary>The next messages, by their type.</summary>
        public async Task<Dictionary<string, JsonElement>> Read(int count)
        {
            var told = new Dictionary<string, JsonElement>();
            for (var i = 0; i < count; i++)
            {
                var line = await _process.StandardOutput.ReadLineAsync(ServeHarness.Patience());
                var frame = JsonDocument.Parse(line!).RootElement;
                told[Text(frame.GetProperty("message"), "type")] = frame;
            }

            return told;
        }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}

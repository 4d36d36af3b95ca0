using System.CommandLine;
using System.Text.Json;
using System.Text.RegularExpressions;
using NodeDns.Cache.Commands;
using NodeDns.Cache.Tests.Listen;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using NodeDns.Testing.Shell;
using Xunit;

namespace NodeDns.Cache.Tests.Tap;

/// <summary><c>node-dns-cache trace</c> beside a real server.</summary>
public sealed class TraceTests : IDisposable
{
    private readonly ServeHarness _serve = new(".:{port} {\n bind 127.0.0.1\n cache 60\n forward . {upstream}\n}\n");
    private readonly StringWriter _errors = new();
    private readonly StringWriter _output = new();

    public TraceTests() =>
        _serve.Upstream.On("www.example.com.", "A", FakeAnswer.With("www.example.com. 30 IN A 192.0.2.1"));

    public void Dispose()
    {
        _serve.Dispose();
        _errors.Dispose();
        _output.Dispose();
    }

    [Fact]
    public async Task It_prints_a_line_for_each_lookup_as_the_page_says()
    {
        var line = await TraceOf("--type", "A", "--name", "*.example.com", "--slower", "1ns");
        Assert.Matches(
            @"^\d\d:\d\d:\d\d\.\d{6} 127\.0\.0\.1:\d+ udp A www\.example\.com\. NOERROR (hit|upstream 127\.0\.0\.1:\d+ \d+\.\d{3}ms) \d+\.\d{3}ms 49\n$",
            line);

        // The page's own line has the same shape.
        var page = File.ReadAllLines(Path.Combine(Tool.Checkout, "docs", "trace.md"));
        Assert.Matches(Shape(), Assert.Single(page, text => text.StartsWith("15:04:05", StringComparison.Ordinal)));
        Assert.Matches(Shape(), line.TrimEnd('\n'));
    }

    private static Regex Shape() => new(@"^[0-9:.]+ [0-9.]+:\d+ (udp|tcp) \S+ \S+ \S+ \w+( \S+:\d+ [0-9.]+ms)? [0-9.]+ms \d+$");

    [Fact]
    public async Task As_JSON_it_names_every_field()
    {
        var line = JsonDocument.Parse(await TraceOf("--json", "--from", "upstream")).RootElement;
        Assert.Equal("www.example.com.", line.GetProperty("name").GetString());
        Assert.Equal("127.0.0.1", line.GetProperty("client").GetString());
        Assert.Equal("NOERROR", line.GetProperty("rcode").GetString());
        Assert.Equal("upstream", line.GetProperty("from").GetString());
        Assert.Equal(_serve.Upstream.EndPoint.ToString(), line.GetProperty("upstream").GetString());
        Assert.InRange(line.GetProperty("upstreamMs").GetDouble(), 0.000001, line.GetProperty("ms").GetDouble());
    }

    [Theory]
    [InlineData("--type", "AAAAA", "expected a type, such as AAAA")]
    [InlineData("--rcode", "NXDOM", "expected an rcode, such as NXDOMAIN")]
    [InlineData("--slower", "fast", "expected a duration, such as 5ms")]
    [InlineData("--client", "pod-a", "expected addresses or networks")]
    [InlineData("--from", "cache", "expected some of hit, denied")]
    [InlineData("--name", "two words", "expected one word")]
    public void A_flag_that_cannot_be_read_is_named_with_its_value(string flag, string value, string expected)
    {
        var result = TraceCommand.Create().Parse(["--tap", _serve.TapSocket, flag, value]);
        Assert.StartsWith($"{flag}: {value}: {expected}", Assert.Single(result.Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_tap_is_it_says_so_and_fails()
    {
        var empty = Directory.CreateTempSubdirectory("no-tap-").FullName;
        Assert.Equal(1, Invoke("--tap", empty));
        Assert.Contains($"--tap {empty}: no *.tap in there", _errors.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, Invoke("--tap", Path.Combine(empty, "gone.tap")));
        Assert.Contains("is serve running there with this --tap", _errors.ToString(), StringComparison.Ordinal);
        Directory.Delete(empty);
    }

    /// <summary>What one lookup looks like through these flags. Asked again until the reader has come.</summary>
    private async Task<string> TraceOf(params string[] flags)
    {
        var traced = Task.Run(() => Invoke(["--tap", Path.GetDirectoryName(_serve.TapSocket)!, "--count", "1", .. flags]));
        await ServeHarness.Until(
            async () =>
            {
                await _serve.AskUdp(DnsMessage.Query("www.example.com.", "A", 1));
                _serve.Advance(TimeSpan.FromMinutes(1));
                return traced.IsCompleted;
            },
            "a line");
        Assert.Equal(0, await traced);
        return _output.ToString();
    }

    private int Invoke(params string[] arguments) => TraceCommand.Create().Parse(arguments)
        .Invoke(new InvocationConfiguration { Output = _output, Error = _errors });
}

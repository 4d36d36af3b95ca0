using System.Net;
using System.Net.Sockets;
using NodeDns.Cache.Tests.Listen;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Serve;

public class ReadyTests
{
    private readonly int _http = Ports.Next();
    private readonly IPEndPoint _later = new(IPAddress.Loopback, Ports.Next());

    private string Ready => $"ready 127.0.0.1:{_http}";

    [Theory]
    [InlineData("")]
    [InlineData("max_fails 0")]
    [InlineData("force_tcp")]
    public async Task Nothing_is_ready_before_an_upstream_has_answered(string option)
    {
        using var serve = new ServeHarness(Block(".", _later, Ready, option));
        await Becomes(serve, "503 forward");
        using var upstream = new FakeUpstream(_later);
        await Becomes(serve, "200 OK");
    }

    [Fact]
    public async Task Every_forward_of_a_block_counts_and_blocks_without_ready_do_not()
    {
        using var serve = new ServeHarness(Block(".", null, Ready) + Block("elsewhere", _later));
        await Becomes(serve, "200 OK");
        serve.Write(Block(".", null, Ready) + Block("elsewhere", _later, Ready));
        serve.Server.ReloadNow();
        await Becomes(serve, "503 forward");
    }

    [Fact]
    public async Task What_was_ready_once_is_asked_again_only_continuously()
    {
        using var serve = new ServeHarness(Block(".", _later, Ready));
        using (new FakeUpstream(_later))
        {
            await Becomes(serve, "200 OK");
        }

        await Fail(serve);
        Assert.Equal("200 OK", await Get());

        serve.Write(Block(".", _later, Ready + " {\n monitor continuously\n }"));
        serve.Server.ReloadNow();
        await Becomes(serve, "503 forward");
        using (new FakeUpstream(_later))
        {
            await Becomes(serve, "200 OK");
        }

        await Fail(serve);
        await Becomes(serve, "503 forward");
    }

    [Fact]
    public async Task A_block_that_forwards_nothing_is_ready_at_once()
    {
        using var serve = new ServeHarness($".:{{port}} {{\n bind 127.0.0.1\n {Ready}\n whoami\n}}\n");
        Assert.Equal("200 OK", await Get());
    }

    [Fact]
    public void Nothing_is_ready_while_a_guard_has_not_given_the_sockets()
    {
        string? waiting = null;
        using var guard = new HandingGuard { BeforeGiving = () => waiting = Get().GetAwaiter().GetResult() };
        using var serve = new ServeHarness(Block(".", null, Ready), guard: guard);
        Assert.Equal("503 bind", waiting);
    }

    private static string Block(string zone, IPEndPoint? upstream, string ready = "", string option = "") =>
        $"{zone}:{{port}} {{\n bind 127.0.0.1\n {ready}\n"
        + $" forward . {upstream?.ToString() ?? "{upstream}"} {{\n {option}\n }}\n}}\n";

    /// <summary>Asks until the server is known to be down.</summary>
    private static async Task Fail(ServeHarness serve)
    {
        var before = serve.Log.Split("is down").Length;
        using var client = new UdpClient(AddressFamily.InterNetwork);
        await client.SendAsync(DnsMessage.Query("www.example.", "A").ToBytes(), serve.EndPoint);
        await ServeHarness.Until(
            () =>
            {
                serve.Advance(TimeSpan.FromMilliseconds(50));
                return serve.Log.Split("is down").Length > before;
            },
            "the server's being down");
    }

    private async Task Becomes(ServeHarness serve, string wanted) => await ServeHarness.Until(
        async () =>
        {
            serve.Advance(TimeSpan.FromMilliseconds(50));
            return await Get() == wanted;
        },
        wanted);

    private async Task<string> Get()
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{_http}/ready"));
        return $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
    }
}

using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using NodeDns.Cache.Tests.Listen;
using NodeDns.Corefile;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Serve;

public class ReloadTests
{
    private const string Plain = ".:{port} {\n cache 30\n bind 127.0.0.1\n forward . {upstream}\n}\n";

    [Fact]
    public async Task A_dns_socket_that_cannot_be_opened_leaves_the_http_listeners_as_they_were()
    {
        using var taken = Bound(SocketType.Dgram);
        int oldPort = Ports.Next(), movedPort = Ports.Next();
        using var serve = new ServeHarness(Plain + Metrics(oldPort));
        await Reload(serve, $"other:{PortOf(taken)} {{\n bind 127.0.0.1\n whoami\n}}\n" + Plain + Metrics(movedPort),
            "reload failed");

        Assert.True(Accepts(oldPort));
        Assert.False(Accepts(movedPort));
    }

    [Fact]
    public async Task An_http_port_that_cannot_be_opened_leaves_the_dns_sockets_as_they_were()
    {
        using var taken = Bound(SocketType.Stream);
        taken.Listen();
        var addedPort = Ports.Next();
        using var serve = new ServeHarness(Plain);
        await Reload(serve, Plain + Metrics(PortOf(taken), addedPort), "reload failed");

        await ServeHarness.Until(() => Ports.IsFree(addedPort), "the end of the new sockets");
        serve.Upstream.Otherwise = question => FakeAnswer.With($"{question.Name} 60 IN A 192.0.2.1");
        Assert.Single((await serve.AskUdp(DnsMessage.Query("www.example.", "A"))).Answer);
    }

    [Fact]
    public async Task A_failed_reload_leaves_the_limits_of_the_cache_as_they_were()
    {
        const int More = CacheConfig.CapacityMinimum + 1;
        using var taken = Bound(SocketType.Dgram);
        using var serve = new ServeHarness(Plain);
        serve.Upstream.Otherwise = question => FakeAnswer.With($"{question.Name} 60 IN A 192.0.2.1");
        await Reload(serve,
            Plain.Replace("cache 30", $"cache {{\n success {CacheConfig.CapacityMinimum}\n }}")
            + $"other:{PortOf(taken)} {{\n bind 127.0.0.1\n whoami\n}}\n",
            "reload failed");
        for (var i = 0; i < 2 * More; i++)
        {
            await serve.AskUdp(DnsMessage.Query($"{i % More}.example.", "A"));
        }

        Assert.Equal(More, serve.Upstream.Queries.Count);
    }

    [Fact]
    public async Task A_change_during_a_slow_load_is_loaded_next()
    {
        ServeHarness? started = null;
        using var serve = new ServeHarness(Plain, reading: options => options with { Lookup = Overtaken });
        started = serve;
        await Reload(serve, Plain + "slow:{port} {\n bind 127.0.0.1\n forward . up.example\n}\n", "Reloading complete");
        serve.Server.ReloadNow();
        await ServeHarness.Until(
            async () => (await serve.AskUdp(DnsMessage.Query("newest.", "A"))).Additional.Count > 0, "the newest file");

        ImmutableArray<IPAddress> Overtaken(string name, ImmutableArray<IPEndPoint> resolvers)
        {
            started!.Write(Plain + "newest:{port} {\n bind 127.0.0.1\n whoami\n}\n");
            return [IPAddress.Loopback];
        }
    }

    [Fact]
    public async Task Sockets_that_come_and_go_with_a_reload_are_known()
    {
        var addedPort = Ports.Next();
        using var serve = new ServeHarness(Plain);
        var other = $"other:{addedPort} {{\n bind 127.0.0.1\n whoami\n}}\n";
        await Reload(serve, Plain + other, "Reloading complete");
        Assert.Equal([serve.Port, serve.Port, addedPort, addedPort], serve.Server.Sockets.Select(s => s.EndPoint.Port));
        await Reload(serve, other, "Reloading complete", times: 2);
        Assert.Equal([addedPort, addedPort], serve.Server.Sockets.Select(s => s.EndPoint.Port));
    }

    [Fact]
    public async Task An_address_that_goes_under_a_wildcard_and_comes_back_is_opened_once()
    {
        using var serve = new ServeHarness(Plain);
        await Reload(serve, Plain.Replace("bind 127.0.0.1", "bind 0.0.0.0"), "Reloading complete");
        await Reload(serve, Plain, "Reloading complete", times: 2);
        Assert.Equal(2, serve.Server.Sockets.Count);
    }

    [Fact]
    public async Task A_bufsize_that_grows_holds_for_the_next_reply()
    {
        var large = new FakeAnswer();
        for (var i = 0; i < 30; i++)
        {
            large.Answer.Add(DnsRecord.Parse($"large.example. 60 IN TXT \"{new string('x', 100)}\""));
        }

        using var serve = new ServeHarness(Plain);
        serve.Upstream.On("large.example.", "TXT", large);
        var query = DnsMessage.Query("large.example.", "TXT");
        query.Edns = new DnsEdns(4096);
        Assert.True((await serve.AskUdp(query)).Tc);
        await Reload(serve, Plain.Replace("cache 30", "cache 30\n bufsize 4096"), "Reloading complete");
        await ServeHarness.Until(
            async () => await serve.AskUdp(query) is { Tc: false, Answer.Count: 30 }, "the whole reply");
    }

    /// <summary>Reloads once and waits until the log says how it ended.</summary>
    /// <param name="times">The log says so for the first, second… time.</param>
    private static async Task Reload(ServeHarness serve, string corefile, string end, int times = 1)
    {
        serve.Write(corefile);
        serve.Server.ReloadNow();
        await ServeHarness.Until(() => serve.Log.Split(end).Length > times, end);
    }

    private static string Metrics(int port, int? dnsPort = null) =>
        $"metrics:{dnsPort?.ToString() ?? "{port}"} {{\n bind 127.0.0.1\n prometheus 127.0.0.1:{port}\n whoami\n}}\n";

    private static Socket Bound(SocketType type)
    {
        var socket = new Socket(
            AddressFamily.InterNetwork, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    private static bool Accepts(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

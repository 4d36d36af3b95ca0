using System.Net;
using NodeDns.Cache.Tests.Listen;
using NodeDns.Dns.Wire;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Serve;

public class HandoverTests
{
    private const string Corefile = ".:{port} {\n bind 127.0.0.1\n forward . {upstream}\n}\n";

    [Fact]
    public async Task A_socket_that_no_block_binds_is_refused_and_named_once()
    {
        using var guard = new HandingGuard(IPAddress.Parse("127.0.0.2"));
        using var serve = new ServeHarness(Corefile, guard: guard);
        serve.Upstream.Otherwise = question => FakeAnswer.With($"{question.Name} 60 IN A 192.0.2.1");
        var unbound = new IPEndPoint(IPAddress.Parse("127.0.0.2"), serve.Port);
        Assert.Equal((int)Rcode.Refused, (await serve.AskUdp(DnsMessage.Query("www.example.", "A"), unbound)).Rcode);
        Assert.Single((await serve.AskUdp(DnsMessage.Query("www.example.", "A"))).Answer);

        serve.Write(Corefile.Replace("bind 127.0.0.1", "bind 127.0.0.2"));
        serve.Server.ReloadNow();
        await ServeHarness.Until(
            async () => (await serve.AskUdp(DnsMessage.Query("www.example.", "A"), unbound)).Answer.Count == 1,
            "the new address");
        await ServeHarness.Until(() => serve.Server.Sockets.Count > 3, "the socket that was missing");
        Assert.Equal(
            ["Tcp 127.0.0.1", "Tcp 127.0.0.2", "Udp 127.0.0.1", "Udp 127.0.0.2"],
            serve.Server.Sockets.Select(socket => $"{socket.Protocol} {socket.EndPoint.Address}").Order());
        Assert.Equal((int)Rcode.Refused, (await serve.AskUdp(DnsMessage.Query("www.example.", "A"))).Rcode);
        await ServeHarness.Until(() => serve.Log.Contains($"udp 127.0.0.1:{serve.Port}:"), "the warning");
        Assert.Equal(2, serve.Log.Split($"udp {unbound}: the guard gives").Length);
    }

    [Fact]
    public void An_export_that_fails_is_logged_and_leaves_an_empty_file()
    {
        using var guard = new HandingGuard();
        using var serve = new ServeHarness(Corefile, guard: guard);
        using var tooSmall = new MemoryStream(new byte[4]);
        serve.Server.ExportEntries(tooSmall);
        Assert.Equal(0, tooSmall.Length);
        Assert.Contains("the next cache starts empty", serve.Log);
    }
}

using System.Net.Sockets;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Listen;

public class ServeTests
{
    private const string Corefile = ".:{port} {\n cache 30\n bind 127.0.0.1\n forward . {upstream}\n}\n";

    [Fact]
    public async Task A_stop_answers_what_was_read_first()
    {
        using var serve = new ServeHarness(Corefile);
        var held = new TaskCompletionSource();
        var slow = FakeAnswer.With("slow.example. 60 IN A 192.0.2.1");
        slow.Hold = held.Task;
        serve.Upstream.On("slow.example.", "A", slow);
        var asked = serve.AskUdp(DnsMessage.Query("slow.example.", "A", 3));
        while (serve.Upstream.Queries.Count == 0)
        {
            await Task.Yield();
        }

        var stopped = serve.Stop();
        held.SetResult();
        Assert.Equal(3, (await asked).Id);
        Assert.Equal(0, await stopped);
    }

    [Fact]
    public async Task A_reload_keeps_the_answers_of_blocks_that_stay_as_they_were()
    {
        using var serve = new ServeHarness(Corefile);
        serve.Upstream.On("www.example.", "A", FakeAnswer.With("www.example. 60 IN A 192.0.2.1"));
        await serve.AskUdp(DnsMessage.Query("www.example.", "A"));
        serve.Write(Corefile + "other.example:{port} {\n bind 127.0.0.1\n whoami\n}\n");
        serve.Server.ReloadNow();
        while ((await serve.AskUdp(DnsMessage.Query("other.example.", "A"))).Additional.Count == 0)
        {
            await Task.Yield();
        }

        await serve.AskUdp(DnsMessage.Query("www.example.", "A"));
        Assert.Equal(1, serve.Upstream.CountOf("www.example.", "A"));
    }

    [Fact]
    public async Task A_bad_file_keeps_the_old_one_and_says_every_error()
    {
        using var serve = new ServeHarness(Corefile);
        serve.Upstream.On("www.example.", "A", FakeAnswer.With("www.example. 60 IN A 192.0.2.1"));
        serve.Write(".:{port} {\n bufsize nonsense\n frward . 1.2.3.4\n}\n");
        serve.Server.ReloadNow();
        while (!serve.Log.Contains("frward", StringComparison.Ordinal)
            || !serve.Log.Contains("nonsense", StringComparison.Ordinal))
        {
            await Task.Yield();
        }

        Assert.Single((await serve.AskUdp(DnsMessage.Query("www.example.", "A"))).Answer);
    }

    [Fact]
    public async Task Without_bind_the_reply_comes_from_the_address_that_was_asked()
    {
        using var serve = new ServeHarness(".:{port} {\n cache 30\n forward . {upstream}\n}\n");
        serve.Upstream.On("www.example.", "A", FakeAnswer.With("www.example. 60 IN A 192.0.2.1"));
        var second = new System.Net.IPEndPoint(System.Net.IPAddress.Parse("127.0.0.77"), serve.Port);
        // The first is a miss, answered later; the second a hit, answered in the batch.
        Assert.Single((await serve.AskUdp(DnsMessage.Query("www.example.", "A"), second)).Answer);
        Assert.Single((await serve.AskUdp(DnsMessage.Query("www.example.", "A"), second)).Answer);
    }

    [Fact]
    public async Task Both_questions_of_a_lookup_from_one_socket_are_answered()
    {
        using var serve = new ServeHarness(Corefile);
        serve.Upstream.Otherwise = question => question.Type == 1
            ? FakeAnswer.With($"{question.Name} 60 IN A 192.0.2.1")
            : FakeAnswer.With($"{question.Name} 60 IN AAAA fd00::1");
        using var socket = new UdpClient(AddressFamily.InterNetwork);
        for (var round = 0; round < 20; round++)
        {
            await socket.SendAsync(DnsMessage.Query("www.example.", "A", 1).ToBytes(), serve.EndPoint);
            await socket.SendAsync(DnsMessage.Query("www.example.", "AAAA", 2).ToBytes(), serve.EndPoint);
            var ids = new HashSet<ushort>();
            while (ids.Count < 2)
            {
                ids.Add(DnsMessage.Parse((await socket.ReceiveAsync(ServeHarness.Patience())).Buffer).Id);
            }
        }
    }
}

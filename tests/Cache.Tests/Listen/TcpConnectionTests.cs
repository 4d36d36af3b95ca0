using System.Net.Sockets;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Listen;

public class TcpConnectionTests
{
    private const string Corefile = ".:{port} {\n cache 30\n bind 127.0.0.1\n forward . {upstream}\n}\n";

    [Fact]
    public async Task Answers_leave_in_the_order_in_which_they_are_ready()
    {
        using var serve = new ServeHarness(Corefile);
        var held = new TaskCompletionSource();
        FakeAnswer slow = FakeAnswer.With("slow.example. 60 IN A 192.0.2.1");
        slow.Hold = held.Task;
        serve.Upstream.On("slow.example.", "A", slow);
        serve.Upstream.On("fast.example.", "A", FakeAnswer.With("fast.example. 60 IN A 192.0.2.2"));
        using NetworkStream stream = await serve.Connect();
        byte[] both =
        [
            .. ServeHarness.Framed(DnsMessage.Query("slow.example.", "A", 1)),
            .. ServeHarness.Framed(DnsMessage.Query("fast.example.", "A", 2)),
        ];
        await stream.WriteAsync(both);
        Assert.Equal(2, (await ServeHarness.Read(stream)).Id);
        held.SetResult();
        Assert.Equal(1, (await ServeHarness.Read(stream)).Id);
    }

    [Fact]
    public async Task A_message_may_arrive_octet_by_octet_and_many_in_one_segment()
    {
        using var serve = new ServeHarness(Corefile);
        serve.Upstream.Otherwise = question => FakeAnswer.With($"{question.Name} 60 IN A 192.0.2.1");
        using NetworkStream stream = await serve.Connect();
        foreach (byte octet in ServeHarness.Framed(DnsMessage.Query("a.example.", "A", 7)))
            await stream.WriteAsync(new[] { octet });
        Assert.Equal(7, (await ServeHarness.Read(stream)).Id);

        const int Count = 500;
        await stream.WriteAsync(Enumerable.Range(0, Count)
            .SelectMany(i => ServeHarness.Framed(DnsMessage.Query($"{i % 7}.example.", "A", (ushort)i))).ToArray());
        var ids = new HashSet<ushort>();
        for (int i = 0; i < Count; i++) ids.Add((await ServeHarness.Read(stream)).Id);
        Assert.Equal(Count, ids.Count);
    }

    [Fact]
    public async Task A_client_that_closes_its_side_still_gets_its_answers()
    {
        using var serve = new ServeHarness(Corefile);
        serve.Upstream.On("www.example.", "A", FakeAnswer.With("www.example. 60 IN A 192.0.2.1"));
        using NetworkStream stream = await serve.Connect();
        await stream.WriteAsync(ServeHarness.Framed(DnsMessage.Query("www.example.", "A", 9)));
        stream.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(9, (await ServeHarness.Read(stream)).Id);
        Assert.True(await ServeHarness.IsClosed(stream));
    }

    [Fact]
    public async Task An_idle_connection_and_one_with_half_a_message_are_closed_in_their_time()
    {
        using var serve = new ServeHarness(Corefile);
        serve.Upstream.On("www.example.", "A", FakeAnswer.With("www.example. 60 IN A 192.0.2.1"));
        using NetworkStream idle = await serve.Connect();
        using NetworkStream half = await serve.Connect();
        await half.WriteAsync(new byte[] { 0, 40, 1, 2, 3 });
        // A round trip on each: what was written before has been read.
        await idle.WriteAsync(ServeHarness.Framed(DnsMessage.Query("www.example.", "A", 1)));
        await ServeHarness.Read(idle);
        using NetworkStream probe = await serve.Connect();
        await probe.WriteAsync(ServeHarness.Framed(DnsMessage.Query("www.example.", "A", 1)));
        await ServeHarness.Read(probe);

        serve.Advance(TimeSpan.FromSeconds(5.1));
        Assert.True(await ServeHarness.IsClosed(half));
        await idle.WriteAsync(ServeHarness.Framed(DnsMessage.Query("www.example.", "A", 2)));
        Assert.Equal(2, (await ServeHarness.Read(idle)).Id);
        serve.Advance(TimeSpan.FromSeconds(10.1));
        Assert.True(await ServeHarness.IsClosed(idle));
    }

    [Fact]
    public async Task A_client_that_takes_no_replies_is_cut_off_and_others_are_served()
    {
        using var serve = new ServeHarness(Corefile);
        serve.Upstream.Otherwise = question =>
        {
            var answer = new FakeAnswer();
            for (int i = 0; i < 200; i++) answer.Answer.Add(DnsRecord.Parse($"{question.Name} 60 IN TXT \"{new string('x', 200)}\""));
            return answer;
        };
        using NetworkStream greedy = await serve.Connect();
        byte[] query = ServeHarness.Framed(DnsMessage.Query("big.example.", "TXT", 1));
        // More replies than any socket buffer takes; writing stops when the server reads no more.
        using var stopWriting = new CancellationTokenSource();
        Task writing = Task.Run(async () =>
        {
            byte[] many = [.. Enumerable.Repeat(query, 200).SelectMany(q => q)];
            while (true) await greedy.WriteAsync(many, stopWriting.Token);
        });
        DnsMessage other = await serve.AskUdp(DnsMessage.Query("small.example.", "A", 5));
        Assert.Equal(5, other.Id);
        while (!writing.IsCompleted)
        {
            serve.Advance(TimeSpan.FromSeconds(6));
            await Task.WhenAny(writing, Task.Delay(20));
        }
        await Assert.ThrowsAnyAsync<IOException>(() => writing);
        await stopWriting.CancelAsync();
    }

    [Fact]
    public async Task The_largest_message_goes_through()
    {
        using var serve = new ServeHarness(Corefile);
        var answer = new FakeAnswer();
        for (int i = 0; i < 300; i++) answer.Answer.Add(DnsRecord.Parse($"huge.example. 60 IN TXT \"{new string('x', 200)}\""));
        serve.Upstream.On("huge.example.", "TXT", answer);
        using NetworkStream stream = await serve.Connect();
        for (ushort id = 1; id <= 3; id++)
        {
            await stream.WriteAsync(ServeHarness.Framed(DnsMessage.Query("huge.example.", "TXT", id)));
            DnsMessage reply = await ServeHarness.Read(stream);
            Assert.Equal((id, 300, false), (reply.Id, reply.Answer.Count, reply.Tc));
        }
    }
}

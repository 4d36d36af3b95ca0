using System.Net.Sockets;
using NodeDns.Cache.Listen;
using NodeDns.Cache.Plugins;
using NodeDns.Cache.Query;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Listen;

public class TcpConnectionTests
{
    private const string Corefile = ".:{port} {\n cache 30\n bind 127.0.0.1\n forward . {upstream}\n}\n";

    [Fact]
    public void Hits_on_an_open_connection_allocate_nothing()
    {
        using var listener = new TurnedListener(
            ".:53 {\n bind 127.0.0.1\n cache\n loadbalance\n minimal\n forward . 192.0.2.53\n}\n");
        using var client = listener.ConnectTcp();
        var query = ServeHarness.Framed(DnsMessage.Query("www.example.", "A", 1));
        client.Send(query);
        listener.Until(() => listener.Upstream.Count > 0, "the question");
        listener.Upstream.Answer(reply =>
        {
            reply.Answer.Add(DnsRecord.Parse("www.example. 3600 IN A 192.0.2.1"));
            reply.Answer.Add(DnsRecord.Parse("www.example. 3600 IN A 192.0.2.2"));
        });
        listener.Until(() => client.Available > 0, "the answer");
        var buffer = new byte[512];
        var length = client.Receive(buffer);
        Run(1_000);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        Run(1_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - allocated);

        void Run(int count)
        {
            for (var i = 0; i < count; i++)
            {
                client.Send(query);
                while (client.Available < length)
                {
                    listener.Turn();
                }
                client.Receive(buffer);
            }
        }
    }

    [Fact]
    public async Task Answers_leave_in_the_order_in_which_they_are_ready()
    {
        using var serve = new ServeHarness(Corefile);
        var held = new TaskCompletionSource();
        var slow = FakeAnswer.With("slow.example. 60 IN A 192.0.2.1");
        slow.Hold = held.Task;
        serve.Upstream.On("slow.example.", "A", slow);
        serve.Upstream.On("fast.example.", "A", FakeAnswer.With("fast.example. 60 IN A 192.0.2.2"));
        using var stream = await serve.Connect();
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
        using var stream = await serve.Connect();
        foreach (var octet in ServeHarness.Framed(DnsMessage.Query("a.example.", "A", 7)))
        {
            await stream.WriteAsync(new[] { octet });
        }

        Assert.Equal(7, (await ServeHarness.Read(stream)).Id);

        const int Count = 500;
        await stream.WriteAsync(Enumerable.Range(0, Count)
            .SelectMany(i => ServeHarness.Framed(DnsMessage.Query($"{i % 7}.example.", "A", (ushort)i))).ToArray());
        var ids = new HashSet<ushort>();
        for (var i = 0; i < Count; i++)
        {
            ids.Add((await ServeHarness.Read(stream)).Id);
        }

        Assert.Equal(Count, ids.Count);
    }

    [Fact]
    public async Task A_client_that_closes_its_side_still_gets_its_answers()
    {
        using var serve = new ServeHarness(Corefile);
        serve.Upstream.On("www.example.", "A", FakeAnswer.With("www.example. 60 IN A 192.0.2.1"));
        using var stream = await serve.Connect();
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
        using var idle = await serve.Connect();
        using var half = await serve.Connect();
        await half.WriteAsync(new byte[] { 0, 40, 1, 2, 3 });
        // A round trip on each: what was written before has been read.
        await idle.WriteAsync(ServeHarness.Framed(DnsMessage.Query("www.example.", "A", 1)));
        await ServeHarness.Read(idle);
        using var probe = await serve.Connect();
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
            for (var i = 0; i < 200; i++)
            {
                answer.Answer.Add(DnsRecord.Parse($"{question.Name} 60 IN TXT \"{new string('x', 200)}\""));
            }

            return answer;
        };
        using var greedy = await serve.Connect();
        var query = ServeHarness.Framed(DnsMessage.Query("big.example.", "TXT", 1));
        // More replies than any socket buffer takes; writing stops when the server reads no more.
        using var stopWriting = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            byte[] many = [.. Enumerable.Repeat(query, 200).SelectMany(q => q)];
            while (true)
            {
                await greedy.WriteAsync(many, stopWriting.Token);
            }
        });
        var other = await serve.AskUdp(DnsMessage.Query("small.example.", "A", 5));
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
        for (var i = 0; i < 300; i++)
        {
            answer.Answer.Add(DnsRecord.Parse($"huge.example. 60 IN TXT \"{new string('x', 200)}\""));
        }

        serve.Upstream.On("huge.example.", "TXT", answer);
        using var stream = await serve.Connect();
        for (ushort id = 1; id <= 3; id++)
        {
            await stream.WriteAsync(ServeHarness.Framed(DnsMessage.Query("huge.example.", "TXT", id)));
            var reply = await ServeHarness.Read(stream);
            Assert.Equal((id, 300, false), (reply.Id, reply.Answer.Count, reply.Tc));
        }
    }

    [Fact]
    public void A_client_that_asks_on_while_it_takes_no_replies_gets_all_of_them_later()
    {
        using var listener = new TurnedListener(Turned, sendBuffer: 16_384);
        using var client = listener.ConnectTcp(receiveBuffer: 16_384);
        client.Send(Queries(60));
        listener.Until(() => listener.Worker.Handler.PendingCount == 60, "the first queries");
        // More than the input buffer holds, read when more is unsent than a client may leave.
        client.Send(Queries(200));
        listener.Upstream.Answer(reply => Fill(reply, octets: 20_000));
        Assert.Equal(260, Replies(listener, client, 260));
    }

    [Fact]
    public void Queries_that_waited_for_replies_to_leave_are_answered_also_when_these_leave_at_once()
    {
        using var listener = new TurnedListener(Turned, sendBuffer: 1 << 20);
        using var client = listener.ConnectTcp(receiveBuffer: 1 << 20);
        client.Send(Queries(1));
        listener.Until(() => listener.Upstream.Count == 1, "the first query");
        listener.Upstream.Answer(reply => Fill(reply, octets: 60_000));
        Assert.Equal(1, Replies(listener, client, 1));
        client.Send(Queries(8));
        Assert.Equal(8, Replies(listener, client, 8));
    }

    [Fact]
    public void Queries_that_wait_for_replies_to_leave_are_answered_also_when_their_client_has_ended_its_side()
    {
        using var listener = new TurnedListener(Turned, sendBuffer: 16_384);
        using var client = listener.ConnectTcp(receiveBuffer: 16_384);
        client.Send(Queries(60));
        listener.Until(() => listener.Worker.Handler.PendingCount == 60, "the first queries");
        // All of them fit into the input buffer, so that the end of the stream is next.
        client.Send(Queries(100));
        client.Shutdown(SocketShutdown.Send);
        listener.Upstream.Answer(reply => Fill(reply, octets: 20_000));
        Assert.Equal(160, Replies(listener, client, 160));
    }

    [Fact]
    public void An_idle_connection_ends_ten_seconds_after_its_last_reply_however_late_that_was()
    {
        using var listener = new TurnedListener(Turned);
        using var client = listener.ConnectTcp();
        client.Send(Queries(1));
        listener.Until(() => listener.Upstream.Count == 1, "the query");
        listener.Harness.NowMs += 10_001;
        listener.Upstream.Answer(reply => Fill(reply, octets: 300));
        Assert.Equal(1, Replies(listener, client, 1));
        listener.Harness.NowMs += 9_999;
        listener.Turn();
        Assert.False(client.Poll(0, SelectMode.SelectRead));
        listener.Harness.NowMs += 1;
        listener.Until(() => client.Poll(0, SelectMode.SelectRead), "the end of the connection");
        Assert.Equal(0, client.Available);
    }

    [Fact]
    public void A_client_has_its_part_of_the_connections_and_the_one_that_was_idle_longest_makes_room()
    {
        using var listener = new TurnedListener(Turned);
        var clients = new List<Socket>();
        for (var i = 0; i < TcpConnections.Maximum; i++)
        {
            clients.Add(listener.ConnectTcp(from: $"127.0.1.{i / TcpConnections.MaximumPerClient}"));
        }

        using var tooMany = listener.ConnectTcp(from: "127.0.1.0");
        listener.Until(() => IsEnded(tooMany), "the end of the connection that is one too many for its client");
        Assert.DoesNotContain(clients, IsEnded);
        using var another = listener.ConnectTcp(from: "127.0.1.9");
        listener.Until(() => IsEnded(clients[0]), "the end of the oldest connection");
        Assert.DoesNotContain(clients[1..], IsEnded);
        Assert.False(IsEnded(another));
        clients.ForEach(client => client.Dispose());

        static bool IsEnded(Socket client) => client.Poll(0, SelectMode.SelectRead);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_query_that_gets_no_reply_after_all_does_not_keep_its_connection_open(bool halfClosed)
    {
        using var listener = new TurnedListener(Dropping);
        using var client = listener.ConnectTcp();
        client.Send(ServeHarness.Framed(DnsMessage.Query("www.example.", "AAAA", 1)));
        listener.Until(() => listener.Upstream.Count == 1, "the query");
        if (halfClosed)
        {
            client.Shutdown(SocketShutdown.Send);
        }

        listener.Turn();
        listener.Harness.NowMs += 10_001;
        listener.Upstream.Answer(_ => { });
        listener.Turn();
        if (!halfClosed)
        {
            listener.Harness.NowMs += 10_001;
        }

        listener.Until(() => client.Poll(0, SelectMode.SelectRead), "the end of the connection");
        Assert.Equal(0, client.Available);
    }

    [Fact]
    public void A_query_that_gets_no_reply_after_all_does_not_end_its_connection()
    {
        using var listener = new TurnedListener(Dropping);
        using var client = listener.ConnectTcp();
        client.Send(ServeHarness.Framed(DnsMessage.Query("www.example.", "AAAA", 1)));
        listener.Until(() => listener.Upstream.Count == 1, "the query");
        listener.Upstream.Answer(_ => { });
        listener.Turn();
        client.Send(Queries(1));
        listener.Until(() => listener.Upstream.Count == 1, "the next query");
        listener.Upstream.Answer(reply => Fill(reply, octets: 300));
        Assert.Equal(1, Replies(listener, client, 1));
    }

    [Fact]
    public void A_bug_in_a_reply_does_not_keep_its_connection_open()
    {
        using var listener = new TurnedListener(Turned);
        var zone = listener.Harness.Server.Zones.Zones.Single();
        listener.Serve(listener.Harness.Server with
        {
            Zones = new ZoneTable([zone with { Block = zone.Block with { Filters = [new BuggyFilter()] } }]),
        });
        using var client = listener.ConnectTcp();
        client.Send(Queries(1));
        client.Shutdown(SocketShutdown.Send);
        listener.Until(() => listener.Upstream.Count == 1, "the query");
        listener.Upstream.Answer(reply => Fill(reply, octets: 300));
        listener.Until(() => client.Poll(0, SelectMode.SelectRead), "the end of the connection");
        Assert.Equal((0, 0, 1), (client.Available, listener.Worker.Handler.PendingCount, listener.Harness.Panics));
    }

    private sealed class BuggyFilter : IReplyFilter
    {
        public int Apply(Span<byte> reply, int length) => throw new InvalidOperationException("a bug");
    }

    private const string Turned = ".:53 {\n cache 30\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n";

    /// <summary>The answer to a question for AAAA is a question for A, which is dropped.</summary>
    private const string Dropping = ".:53 {\n bind 127.0.0.1\n dns64 {\n allow_ipv4\n }\n"
        + " acl {\n drop type A\n }\n forward . 192.0.2.53\n}\n";

    private static byte[] Queries(int count) =>
        [.. Enumerable.Range(0, count)
            .SelectMany(i => ServeHarness.Framed(DnsMessage.Query("big.example.", "TXT", (ushort)i)))];

    private static void Fill(DnsMessage reply, int octets)
    {
        for (var i = 0; i < octets / 220; i++)
        {
            reply.Answer.Add(DnsRecord.Parse($"big.example. 60 IN TXT \"{new string('x', 200)}\""));
        }
    }

    /// <summary>Reads replies as fast as they come.</summary>
    /// <returns>How many came, at most <paramref name="wanted"/>.</returns>
    private static int Replies(TurnedListener listener, Socket client, int wanted)
    {
        using var received = new MemoryStream();
        var buffer = new byte[1 << 16];
        int count = 0, at = 0;
        for (var quiet = 0; count < wanted && quiet < 200; quiet++)
        {
            listener.Turn();
            while (client.Poll(1_000, SelectMode.SelectRead) && client.Receive(buffer) is > 0 and var length)
            {
                received.Write(buffer, 0, length);
                quiet = 0;
                listener.Turn();
            }
            var octets = received.GetBuffer();
            for (; at + 2 <= received.Length && (octets[at] << 8 | octets[at + 1]) + at + 2 <= received.Length; count++)
            {
                at += 2 + (octets[at] << 8 | octets[at + 1]);
            }
        }
        return count;
    }
}

using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Listen;

public class UdpListenerTests
{
    private const string Corefile = ".:53 {\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n";

    [Fact]
    public void An_answer_that_comes_after_the_socket_was_closed_leaves_by_no_other_socket()
    {
        using var listener = new TurnedListener(Corefile);
        using var client = listener.ConnectUdp();
        client.Send(DnsMessage.Query("www.example.", "A", 1).ToBytes());
        listener.Until(() => listener.Upstream.Count == 1, "the query");
        listener.CloseUdp();
        // Takes the closed one's descriptor, and its address: what it sent would reach the client.
        var next = ListenSockets.Open(new ListenEndPoint(ListenProtocol.Udp, listener.Udp.Socket.EndPoint), 0);
        listener.Upstream.Answer(reply => reply.Answer.Add(DnsRecord.Parse("www.example. 60 IN A 192.0.2.1")));
        listener.Turn();
        Assert.Equal(0, client.Available);
        Libc.Close(next.Fd);
    }

    [Fact]
    public void An_answer_that_came_in_the_turn_of_the_close_still_leaves()
    {
        using var listener = new TurnedListener(Corefile);
        using var client = listener.ConnectUdp();
        client.Send(DnsMessage.Query("www.example.", "A", 1).ToBytes());
        listener.Until(() => listener.Upstream.Count == 1, "the query");
        listener.Upstream.Answer(reply => reply.Answer.Add(DnsRecord.Parse("www.example. 60 IN A 192.0.2.1")));
        listener.CloseUdp();
        Assert.True(client.Available > 0);
    }

    [Fact]
    public void A_query_that_comes_while_the_socket_is_not_read_is_answered_when_it_is_read_again()
    {
        using var listener = new TurnedListener(Corefile);
        using var client = listener.ConnectUdp();
        listener.Udp.SetReading(false);
        client.Send(DnsMessage.Query("www.example.", "A", 1).ToBytes());
        listener.Turn();
        Assert.Equal(0, listener.Upstream.Count);
        listener.Udp.SetReading(true);
        listener.Until(() => listener.Upstream.Count == 1, "the query");
    }

    [Fact]
    public void A_turn_of_the_loop_reads_four_batches_and_the_next_one_goes_on()
    {
        const int limit = 4 * ReceiveBatch.Capacity;
        using var listener = new TurnedListener(Corefile);
        using var client = listener.ConnectUdp();
        for (var i = 0; i < limit + 1; i++)
        {
            client.Send(DnsMessage.Query($"n{i}.example.", "A", (ushort)i).ToBytes());
        }

        listener.Worker.Loop.RunTurn(0);
        Assert.Equal(limit, listener.Worker.Handler.PendingCount);
        listener.Worker.Loop.RunTurn(0);
        Assert.Equal(limit + 1, listener.Worker.Handler.PendingCount);
    }
}

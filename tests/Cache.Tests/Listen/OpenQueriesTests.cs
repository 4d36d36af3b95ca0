using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Listen;

/// <summary>What a guard finds when the cache ends at any moment.</summary>
public class OpenQueriesTests
{
    private const string Corefile = ".:53 {\n bind 127.0.0.1\n cache\n forward . 192.0.2.53\n}\n";

    [Fact]
    public void Datagrams_that_were_read_and_not_dealt_with_are_found()
    {
        using var listener = new TurnedListener(Corefile);
        using var client = listener.ConnectUdp();
        using var file = new OpenQueryFile(workers: 2);
        using var handle = new SafeFileHandle(file.Descriptor, ownsHandle: false);
        OpenQueries[] parts = [file.Part(0), file.Part(1)];
        var batch = new ReceiveBatch(parts[1]);
        byte[][] queries = [Query("a.example.", 1), Query("b.example.", 2), Query("c.example.", 3)];
        foreach (var query in queries)
        {
            client.Send(query);
        }

        var fd = listener.Udp.Socket.Fd;
        Assert.Equal(3, batch.Receive(fd, Libc.SocketCookie(fd)).Value);

        List<OpenQuery> found = [.. OpenQueryFile.Read(handle, 2)];
        Assert.Equal(queries, found.Select(query => query.Message));
        Assert.All(found, query => Assert.Equal(client.LocalEndPoint, query.Client.ToIPEndPoint()));
        Assert.All(found, query => Assert.Equal(Libc.SocketCookie(fd), query.Socket));

        batch.Done(2);
        Assert.Equal([queries[2]], OpenQueryFile.Read(handle, 2).Select(query => query.Message));
        batch.Done(3);
        Assert.Empty(OpenQueryFile.Read(handle, 2));
    }

    [Fact]
    public void A_query_is_found_while_it_waits_for_upstream()
    {
        using var listener = new TurnedListener(Corefile);
        using var client = listener.ConnectUdp();
        var asked = Query("www.example.", 7);
        client.Send(asked);
        listener.Until(() => listener.Upstream.Count == 1, "the query");

        var open = Assert.Single(listener.OpenQueries);
        Assert.Equal(asked, open.Message);
        Assert.Equal(client.LocalEndPoint, open.Client.ToIPEndPoint());
        Assert.Equal(Libc.SocketCookie(listener.Udp.Socket.Fd), open.Socket);

        listener.Upstream.Answer(reply => reply.Answer.Add(DnsRecord.Parse("www.example. 60 IN A 192.0.2.1")));
        listener.Until(() => client.Available > 0, "the reply");
        Assert.Empty(listener.OpenQueries);
    }

    [Fact]
    public void An_answer_that_has_not_left_yet_leaves_its_query_open()
    {
        using var listener = new TurnedListener(Corefile);
        using var client = listener.ConnectUdp();
        client.Send(Query("www.example.", 7));
        listener.Until(() => listener.Upstream.Count == 1, "the query");
        listener.Upstream.Answer(reply => reply.Answer.Add(DnsRecord.Parse("www.example. 60 IN A 192.0.2.1")));
        Assert.Equal(0, client.Available);
        Assert.Single(listener.OpenQueries);
    }

    [Fact]
    public void What_is_answered_at_once_or_never_leaves_nothing()
    {
        using var listener = new TurnedListener(Corefile);
        using var client = listener.ConnectUdp();
        client.Send(Query("www.example.", 7));
        listener.Until(() => listener.Upstream.Count == 1, "the query");
        listener.Upstream.Answer(reply => reply.Answer.Add(DnsRecord.Parse("www.example. 60 IN A 192.0.2.1")));
        client.Send([1, 2, 3]);
        client.Send(Query("www.example.", 8));
        client.Send(Query("www.example.", 9));
        var replies = 0;
        listener.Until(() =>
        {
            for (; client.Available > 0; replies++)
            {
                client.Receive(new byte[1232]);
            }

            return replies == 3;
        }, "three replies");
        Assert.Empty(listener.OpenQueries);
    }

    [Fact]
    public void A_query_that_is_too_long_to_be_kept_frees_no_other_ones_slot()
    {
        using var listener = new TurnedListener(Corefile);
        using var client = listener.ConnectUdp();
        var longest = Query("long.example.", 1);
        // An OPT record with an option of 500 octets (RFC 6891 section 6.1.2, padding of RFC 7830).
        longest = [.. longest, 0, 0, 41, 4, 208, 0, 0, 0, 0, 1, 248, 0, 12, 1, 244, .. new byte[500]];
        longest[11] = 1;
        client.Send(longest);
        listener.Until(() => listener.Upstream.Count == 1, "the long query");
        Assert.Empty(listener.OpenQueries);
        client.Send(Query("short.example.", 2));
        listener.Until(() => listener.Upstream.Count == 2, "the short query");
        listener.Upstream.Answer(reply => reply.Answer.Add(DnsRecord.Parse("long.example. 60 IN A 192.0.2.1")));
        listener.Until(() => client.Available > 0, "the reply to the long one");
        Assert.Single(listener.OpenQueries);
    }

    [Fact]
    public void More_queries_than_slots_are_served_all_the_same()
    {
        using var listener = new TurnedListener(Corefile);
        // A client has at most 1,000 under way.
        Socket[] clients = [listener.ConnectUdp("127.0.0.2"), listener.ConnectUdp("127.0.0.3")];
        var asked = 0;
        for (; asked < OpenQueries.Capacity + 100; asked++)
        {
            clients[asked % 2].Send(Query($"n{asked}.example.", (ushort)asked));
            if (asked % 100 == 99)
            {
                listener.Until(() => listener.Upstream.Count == asked + 1, "the queries");
            }
        }
        listener.Until(() => listener.Upstream.Count == asked, "all queries");
        Assert.Equal(OpenQueries.Capacity, listener.OpenQueries.Count);

        var replies = 0;
        while (listener.Upstream.Count > 0)
        {
            listener.Upstream.Answer(reply => reply.Answer.Add(
                DnsRecord.Parse($"{reply.Question!.Name} 60 IN A 192.0.2.1")));
            listener.Turn();
            foreach (var client in clients)
            {
                for (; client.Available > 0; replies++)
                {
                    client.Receive(new byte[1232]);
                }
            }
        }
        Assert.Equal(asked, replies);
        Assert.Empty(listener.OpenQueries);
        foreach (var client in clients)
        {
            client.Dispose();
        }
    }

    [Fact]
    public void A_file_of_another_layout_or_size_holds_nothing()
    {
        var fd = Libc.MemoryFile("other").OrThrow("memfd_create");
        using var file = new SafeFileHandle(fd, ownsHandle: true);
        Assert.Empty(OpenQueryFile.Read(file, 1));
        var noise = new byte[OpenQueries.Size];
        Random.Shared.NextBytes(noise);
        RandomAccess.Write(file, noise, 0);
        Assert.Empty(OpenQueryFile.Read(file, 1));
        Assert.True(Libc.IsMemoryFile(fd));
        using var onlyToWrite = File.OpenWrite($"/proc/self/fd/{fd}");
        Assert.False(Libc.IsMemoryFile((int)onlyToWrite.SafeFileHandle.DangerousGetHandle()));
        Assert.False(Libc.IsMemoryFile(0));
    }

    private static byte[] Query(string name, ushort id) => DnsMessage.Query(name, "A", id).ToBytes();
}

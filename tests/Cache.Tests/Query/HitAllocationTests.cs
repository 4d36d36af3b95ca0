using System.Net;
using NodeDns.Cache.Query;
using NodeDns.Testing.Messages;
using Xunit;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Cache.Tests.Query;

/// <summary>Issue 5's bar: 0 octets allocated and 0 collections per 10 million hits.</summary>
[CollectionDefinition(nameof(HitAllocationTests), DisableParallelization = true)]
[Collection(nameof(HitAllocationTests))]
public class HitAllocationTests
{
    private const int Names = 64;

    [Fact]
    public void Ten_million_hits_allocate_nothing_and_collect_nothing()
    {
        using var harness = new QueryHarness(
            ".:53 {\n errors\n cache 3600 {\n prefetch 1000000 1m 10%\n serve_stale\n }\n prometheus\n bind 127.0.0.1\n"
            + " forward . 192.0.2.53\n}\n");
        byte[][] queries = [.. Enumerable.Range(0, Names).Select(i => Fill(harness, i))];
        var server = harness.Server;
        var handler = harness.Workers[0].Handler;
        var reply = new byte[1280];
        var to = new ReplyTo(harness.Workers[0], 0, SocketAddress.From(new(IPAddress.Loopback, 40_000)), isTcp: false);
        Ask(handler, server, queries, to, reply, 200_000);

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var collected = GC.CollectionCount(0);
        var answered = Ask(handler, server, queries, to, reply, 10_000_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - allocated);
        Assert.Equal(0, GC.CollectionCount(0) - collected);
        Assert.Equal(10_000_000, answered);
    }

    public static TheoryData<string> Kinds() => [.. HitKind.All.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_hit_of_every_kind_allocates_nothing_tapped_or_not(string kind)
    {
        AllocatesNothing(HitKind.All[kind], tapped: false);
        AllocatesNothing(HitKind.All[kind], tapped: true);
    }

    private static void AllocatesNothing(HitKind kind, bool tapped)
    {
        using var hit = new HitRun(kind, tapped);
        // The runtime allocates a little for itself when it compiles a method anew. What a hit allocates is in every round.
        var least = long.MaxValue;
        for (var round = 0; round < 10 && least > 0; round++)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var answered = hit.Repeat(5_000);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - allocated);
            Assert.Equal(5_000, answered);
        }
        Assert.Equal(0, least);
        Assert.Equal(0, hit.Panics);
        // What was under way before, if anything, is under way still: nothing else has been asked.
        Assert.InRange(hit.Pending, 0, 1);
    }

    [Fact]
    public void Following_a_templates_cname_to_a_hit_allocates_nothing_beyond_the_template()
    {
        Assert.Equal(Allocated(served: "other."), Allocated(served: "target."));

        long Allocated(string served)
        {
            using var harness = new QueryHarness(
                "alias:53 {\n bind 127.0.0.1\n template IN A alias {\n answer \"{{ .Name }} 60 IN CNAME target.\"\n }\n}\n"
                + $"{served}:53 {{\n bind 127.0.0.1\n cache\n forward . 192.0.2.53\n}}\n");
            var worker = harness.Workers[0];
            var query = DnsMessage.Query("www.alias.", "A", 1).ToBytes();
            worker.Ask(query);
            if (worker.Upstreams[0].Count > 0)
            {
                worker.Upstreams[0].Answer(HitKind.Answer);
            }
            var reply = new byte[QueryHandler.MaxMessage];
            var server = harness.Server;
            var to = new ReplyTo(worker, 0, SocketAddress.From(new(IPAddress.Parse("192.0.2.7"), 40_000)), isTcp: false);
            Run(2_000);
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            Run(1_000);
            return (GC.GetAllocatedBytesForCurrentThread() - allocated) / 1000;

            void Run(int count)
            {
                for (var i = 0; i < count; i++)
                {
                    Assert.True(worker.Handler.Handle(server, query, to, reply).IsReply);
                }
            }
        }
    }

    private static long Ask(QueryHandler handler, ServerModel server, byte[][] queries, in ReplyTo to, byte[] reply, int count)
    {
        long answered = 0;
        for (var i = 0; i < count; i++)
        {
            // The id, as no two clients choose the same.
            var query = queries[i % Names];
            query[0] = (byte)i;
            if (handler.Handle(server, query, to, reply).IsReply && reply[0] == (byte)i && reply[7] == 1)
            {
                answered++;
            }
        }
        return answered;
    }

    private static byte[] Fill(QueryHarness harness, int number)
    {
        var query = DnsMessage.Query($"Svc{number}.Default.svc.cluster.local.", number % 2 == 0 ? "A" : "AAAA");
        if (number % 3 == 0)
        {
            query.Edns = new DnsEdns();
        }

        Assert.Null(harness.Workers[0].Ask(query.ToBytes()));
        harness.Workers[0].Upstreams[0].Answer(reply => reply.Answer.Add(DnsRecord.Parse(number % 2 == 0
            ? $"svc{number}.default.svc.cluster.local. 3600 IN A 10.96.0.{number}"
            : $"svc{number}.default.svc.cluster.local. 3600 IN AAAA fd00::{number}")));
        return query.ToBytes();
    }
}

using System.Security.Cryptography;
using NodeDns.Cache.Plugins;
using NodeDns.Cache.Query;
using NodeDns.Cache.Serve;
using NodeDns.Cache.Upstream;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Loop;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Query;

public class QueryHandlerTests
{
    private const string Plain = ".:53 {\n cache 30\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n";

    [Fact]
    public void A_miss_is_asked_once_for_all_workers_and_each_client_gets_its_own_id_and_case()
    {
        using var harness = new QueryHarness(Plain, workers: 2);
        Assert.Null(harness.Workers[0].Ask(DnsMessage.Query("www.example.", "A", 1).ToBytes()));
        Assert.Null(harness.Workers[0].Ask(DnsMessage.Query("WWW.example.", "A", 2).ToBytes()));
        Assert.Null(harness.Workers[1].Ask(DnsMessage.Query("www.EXAMPLE.", "A", 3).ToBytes()));
        Assert.Equal(1, harness.Workers[0].Upstreams[0].Count);
        Assert.Equal(0, harness.Workers[1].Upstreams[0].Count);

        harness.Workers[0].Upstreams[0].Answer(reply => reply.Answer.Add(DnsRecord.Parse("www.example. 60 IN A 192.0.2.1")));
        harness.Workers[1].Turn();
        DnsMessage[] replies = [.. harness.Workers.SelectMany(worker => worker.Late).Select(late => DnsMessage.Parse(late))];
        Assert.Equal([1, 2, 3], replies.Select(reply => (int)reply.Id));
        Assert.Equal(["www.example.", "WWW.example.", "www.EXAMPLE."], replies.Select(reply => reply.Question!.Name));
        Assert.All(replies, reply => Assert.Equal(30u, reply.Answer.Single().TtlSeconds));
        Assert.Equal(0, harness.InFlight.Count);
        Assert.All(harness.Workers, worker => Assert.Equal(0, worker.Handler.PendingCount));
    }

    [Fact]
    public void A_hit_is_answered_at_once_without_aa()
    {
        using var harness = new QueryHarness(Plain);
        Fill(harness, "www.example.", reply => reply.Aa = true);
        var hit = harness.Ask("wWw.example.");
        Assert.True(hit is { Aa: false, Ra: true, Question.Name: "wWw.example." });
        Assert.Equal("192.0.2.1", hit.Answer.Single().Data);
    }

    [Fact]
    public void Ad_is_shown_only_to_those_who_understand_it()
    {
        using var harness = new QueryHarness(Plain);
        Fill(harness, "www.example.", reply => reply.Ad = true);
        Assert.False(harness.Ask("www.example.")!.Ad);
        var asking = DnsMessage.Query("www.example.", "A");
        asking.Ad = true;
        Assert.True(harness.Workers[0].Ask(asking.ToBytes())!.Ad);
    }

    [Fact]
    public void Opt_is_ours_and_only_where_asked()
    {
        using var harness = new QueryHarness(Plain);
        Fill(harness, "www.example.", reply => reply.Edns = new DnsEdns(4000));
        Assert.Null(harness.Ask("www.example.")!.Edns);
        var asking = DnsMessage.Query("www.example.", "A");
        asking.Edns = new DnsEdns(4096);
        var reply = harness.Workers[0].Ask(asking.ToBytes())!;
        Assert.Equal(1232, reply.Edns!.UdpSize);
    }

    [Fact]
    public void A_large_entry_is_cut_for_udp_and_whole_for_tcp()
    {
        using var harness = new QueryHarness(Plain);
        Fill(harness, "big.example.", reply =>
        {
            for (var i = 0; i < 100; i++)
            {
                reply.Answer.Add(DnsRecord.Parse($"big.example. 60 IN A 198.51.100.{i}"));
            }
        });
        var cut = harness.Workers[0].Ask(DnsMessage.Query("big.example.", "A").ToBytes(), size: 1280)!;
        Assert.True(cut.Tc);
        var whole = harness.Workers[0].Ask(DnsMessage.Query("big.example.", "A").ToBytes(), tcp: true)!;
        Assert.False(whole.Tc);
        Assert.Equal(101, whole.Answer.Count);
    }

    [Theory]
    [InlineData(nameof(UpstreamError.Timeout), 2, true)]
    [InlineData(nameof(UpstreamError.Refused), 2, true)]
    [InlineData(nameof(UpstreamError.TooManyConcurrent), 5, false)]
    public void Failures_are_remembered_but_our_own_limits_are_not(string error, int rcode, bool remembered)
    {
        using var harness = new QueryHarness(Plain);
        harness.Ask("www.example.");
        harness.Workers[0].Upstreams[0].Fail(Enum.Parse<UpstreamError>(error));
        Assert.Equal(rcode, DnsMessage.Parse(harness.Workers[0].Late.Single()).Rcode);
        Assert.Equal(remembered, harness.Ask("www.example.") is { Rcode: 2 });
        harness.NowMs += 5_000;
        Assert.Null(harness.Ask("www.example."));
    }

    [Fact]
    public void Clients_of_one_worker_are_refused_beyond_their_share_of_misses()
    {
        using var harness = new QueryHarness(Plain);
        for (var i = 0; i < ClientLimit.Default; i++)
        {
            Assert.Null(harness.Ask($"{i}.example."));
        }

        Assert.Equal(5, harness.Ask("one.more.example.")!.Rcode);
        harness.Workers[0].Upstreams[0].Fail(UpstreamError.Timeout);
        Assert.Null(harness.Ask("one.more.example."));
    }

    [Fact]
    public void Malformed_answers_are_servfail()
    {
        using var harness = new QueryHarness(Plain);
        harness.Ask("www.example.");
        var answer = DnsMessage.ReplyTo(harness.Workers[0].Upstreams[0].Next);
        answer.Answer.Add(DnsRecord.Parse("www.example. 60 IN CNAME other.example."));
        var wire = answer.ToBytes();
        // RDLENGTH too large by one.
        wire[^(wire.Length - Array.LastIndexOf(wire, (byte)5) - 1)]++;
        harness.Workers[0].Upstreams[0].AnswerRaw(wire[..^2]);
        Assert.Equal(2, DnsMessage.Parse(harness.Workers[0].Late.Single()).Rcode);
    }

    [Fact]
    public void A_stale_answer_beats_a_failure_and_a_fresh_denial_only_where_the_file_says_so()
    {
        using var harness = new QueryHarness(
            ".:53 {\n cache 30 {\n serve_stale 1h verify\n serve_stale_policy prefer_positive\n }\n bind 127.0.0.1\n"
            + " forward . 192.0.2.53\n}\n");
        Fill(harness, "www.example.", _ => { });
        harness.NowMs += 31_000;
        Assert.Null(harness.Ask("www.example."));
        harness.Workers[0].Upstreams[0].Answer(reply =>
        {
            reply.Rcode = 3;
            reply.Authority.Add(DnsRecord.Parse("example. 60 IN SOA ns. host. 1 2 3 4 60"));
        });
        var stale = DnsMessage.Parse(harness.Workers[0].Late[^1]);
        Assert.Equal(("192.0.2.1", 30u), (stale.Answer.Single().Data, stale.Answer.Single().TtlSeconds));
    }

    [Fact]
    public void A_truncated_answer_ends_a_stale_one_but_not_one_within_its_ttl()
    {
        using var harness = new QueryHarness(
            ".:53 {\n cache {\n serve_stale\n prefetch 1 1m 90%\n }\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n");
        Fill(harness, "www.example.", _ => { });
        harness.NowMs += 30_000;
        Assert.Equal(30u, harness.Ask("www.example.")!.Answer.Single().TtlSeconds);
        harness.Workers[0].Upstreams[0].Answer(reply => reply.Tc = true);
        Assert.Single(harness.Ask("www.example.")!.Answer);
        harness.Workers[0].Upstreams[0].Answer(reply => reply.Tc = true);
        harness.NowMs += 31_000;
        Assert.Single(harness.Ask("www.example.")!.Answer);
        harness.Workers[0].Upstreams[0].Answer(reply => reply.Tc = true);
        Assert.Null(harness.Ask("www.example."));
    }

    [Fact]
    public void A_popular_answer_is_not_refreshed_while_its_last_refresh_has_failed_lately()
    {
        using var harness = new QueryHarness(
            ".:53 {\n cache {\n prefetch 1 1m 90%\n }\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n");
        Fill(harness, "www.example.", _ => { });
        harness.NowMs += 20_000;
        Assert.NotNull(harness.Ask("www.example."));
        harness.Workers[0].Upstreams[0].Fail(UpstreamError.Timeout);
        Assert.NotNull(harness.Ask("www.example."));
        Assert.Equal(0, harness.Workers[0].Upstreams[0].Count);
        harness.NowMs += 5_000;
        Assert.NotNull(harness.Ask("www.example."));
        Assert.Equal(1, harness.Workers[0].Upstreams[0].Count);
    }

    [Fact]
    public void While_questions_go_in_circles_those_that_look_for_it_are_still_forwarded()
    {
        using var harness = new QueryHarness(".:53 {\n bind 127.0.0.1\n loop\n forward . 192.0.2.53\n}\n");
        var loop = harness.Model.Loops.Single().Loop;
        var name = DnsName.ToText(loop.NewName(RandomNumberGenerator.GetBytes(LoopPlugin.RandomOctets)));
        Assert.Null(harness.Ask(name, "HINFO"));
        Assert.Equal(2, harness.Ask(name, "HINFO")!.Rcode);
        Assert.True(loop.ProbeAnswered(Rcode.ServFail));
        Assert.Equal(2, harness.Ask("www.example.")!.Rcode);
        Assert.Null(harness.Ask(DnsName.ToText(loop.NewName(RandomNumberGenerator.GetBytes(LoopPlugin.RandomOctets))), "HINFO"));
        Assert.Equal(2, harness.Workers[0].Upstreams[0].Count);
    }

    [Fact]
    public void An_answer_ends_the_failure_to_give_one_also_where_it_is_not_kept()
    {
        using var harness = new QueryHarness(Plain);
        harness.Ask("www.example.");
        Assert.Null(harness.Workers[0].Ask(DnsMessage.Query("www.example.", "A").ToBytes(), tcp: true));
        harness.Workers[0].Upstreams[0].Fail(UpstreamError.Timeout);
        Assert.Equal(2, harness.Ask("www.example.")!.Rcode);
        harness.Workers[0].Upstreams[0].Answer(reply => reply.Answer.Add(DnsRecord.Parse("www.example. 0 IN A 192.0.2.1")));
        Assert.Null(harness.Ask("www.example."));
    }

    [Fact]
    public void A_hosts_file_that_changes_ends_the_answers_it_would_have_given()
    {
        var path = Path.GetTempFileName();
        try
        {
            using var harness = new QueryHarness(
                $".:53 {{\n cache\n hosts {path} {{\n fallthrough\n }}\n bind 127.0.0.1\n forward . 192.0.2.53\n}}\n");
            using var loop = new EventLoop();
            var upkeep = new PluginUpkeep(loop, loop, harness.Store);
            upkeep.Use(harness.Model);
            Fill(harness, "www.example.", _ => { });
            Fill(harness, "other.example.", _ => { });
            Poll();
            Assert.Equal("192.0.2.1", harness.Ask("www.example.")!.Answer.Single().Data);
            File.WriteAllText(path, "10.0.0.5 www.example\n");
            Poll();
            Assert.Equal("10.0.0.5", harness.Ask("www.example.")!.Answer.Single().Data);
            Assert.Null(harness.Ask("other.example."));

            void Poll()
            {
                foreach (var polled in harness.Model.Plugins.SelectMany(plugins => plugins.Polled).ToList())
                {
                    upkeep.Poll(polled);
                }
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void An_exchange_goes_on_with_the_upstreams_it_began_with_when_the_configuration_changes()
    {
        using var harness = new QueryHarness(
            ".:53 {\n bind 127.0.0.1\n forward . 192.0.2.1 {\n next NXDOMAIN\n }\n forward . 192.0.2.2\n}\n");
        harness.Ask("www.example.");
        harness.Workers[0].Handler.Use([]);
        harness.Workers[0].Upstreams[0].Answer(reply => reply.Rcode = 3);
        harness.Workers[0].Upstreams[1].Answer(reply => reply.Answer.Add(DnsRecord.Parse("www.example. 60 IN A 192.0.2.9")));
        Assert.Equal("192.0.2.9", DnsMessage.Parse(harness.Workers[0].Late.Single()).Answer.Single().Data);
    }

    [Fact]
    public void The_second_question_of_dns64_goes_to_the_upstreams_of_the_first_when_the_configuration_changes()
    {
        using var harness = new QueryHarness(".:53 {\n bind 127.0.0.1\n dns64 {\n allow_ipv4\n }\n"
            + " cache 30 {\n serve_stale 1h verify\n }\n forward . 192.0.2.1\n}\n");
        harness.Ask("www.example.", "AAAA");
        harness.Workers[0].Handler.Use([]);
        harness.Workers[0].Upstreams[0].Answer(_ => { });
        Assert.Equal((ushort)Qtype.A, harness.Workers[0].Upstreams[0].Next.Question!.Type);
        harness.Workers[0].Upstreams[0].Answer(reply => reply.Answer.Add(DnsRecord.Parse("www.example. 60 IN A 192.0.2.9")));
        Assert.Equal("64:ff9b::c000:209", DnsMessage.Parse(harness.Workers[0].Late.Single()).Answer.Single().Data);
    }

    [Fact]
    public void A_bug_costs_the_question_that_met_it_and_is_counted()
    {
        using var harness = new QueryHarness(Plain);
        harness.Workers[0].Upstreams[0].IsBroken = true;
        Assert.Null(harness.Ask("broken.example."));
        Assert.Equal(1, harness.Panics);
        harness.Workers[0].Upstreams[0].IsBroken = false;
        Assert.Null(harness.Ask("www.example."));
        harness.Workers[0].Upstreams[0].Answer(reply => reply.Answer.Add(DnsRecord.Parse("www.example. 60 IN A 192.0.2.9")));
        Assert.Single(harness.Workers[0].Late);
        Assert.Equal(1, harness.Panics);
    }

    [Fact]
    public void A_bug_behind_the_first_of_two_own_questions_tells_the_listener_that_no_reply_comes()
    {
        using var harness = new QueryHarness(".:53 {\n bind 127.0.0.1\n dns64 {\n allow_ipv4\n }\n forward . 192.0.2.1\n}\n");
        Assert.Null(harness.Ask("www.example.", "AAAA"));
        harness.Workers[0].Upstreams[0].IsBroken = true;
        harness.Workers[0].Upstreams[0].Answer(_ => { });
        Assert.Equal((1, 1), (harness.Workers[0].Forgotten, harness.Panics));
        Assert.Empty(harness.Workers[0].Late);
        harness.Workers[0].Upstreams[0].IsBroken = false;
        Assert.Null(harness.Ask("other.example.", "AAAA"));
        harness.Workers[0].Upstreams[0].Answer(
            reply => reply.Answer.Add(DnsRecord.Parse("other.example. 60 IN AAAA fd00::1")));
        Assert.Single(harness.Workers[0].Late);
    }

    [Fact]
    public void A_templates_cname_is_sent_alone_where_both_together_are_no_message()
    {
        using var harness = new QueryHarness(
            "alias:53 {\n bind 127.0.0.1\n template IN A alias {\n answer \"{{ .Name }} 60 IN CNAME big.target.\"\n }\n}\n"
            + "target:53 {\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n");
        var query = DnsMessage.Query("www.alias.", "A", 1).ToBytes();
        Assert.Null(harness.Workers[0].Ask(query, tcp: true));
        harness.Workers[0].Upstreams[0].Answer(reply => reply.Answer.AddRange(
            Enumerable.Range(0, 4_094).Select(i => DnsRecord.Parse($"big.target. 60 IN A 10.0.{i / 256}.{i % 256}"))));
        var alone = DnsMessage.Parse(harness.Workers[0].Late.Single());
        Assert.Equal("CNAME", DnsTypes.TypeText(alone.Answer.Single().Type));
        Assert.Equal("www.alias.", alone.Question!.Name);
    }

    [Fact]
    public void The_longest_zone_answers_and_ds_belongs_to_the_parent()
    {
        using var harness = new QueryHarness(
            "example.org:53 {\n bind 127.0.0.1\n forward . 192.0.2.1\n}\nsub.example.org:53 {\n bind 127.0.0.1\n forward . 192.0.2.2\n}\n");
        harness.Ask("a.sub.example.org.");
        harness.Ask("sub.example.org.", "DS");
        harness.Ask("sub.example.org.");
        Assert.Equal((1, 2), (harness.Workers[0].Upstreams[0].Count, harness.Workers[0].Upstreams[1].Count));
        Assert.Equal("DS", DnsTypes.TypeText(harness.Workers[0].Upstreams[0].Next.Question!.Type));
        Assert.Equal(5, harness.Ask("other.example.")!.Rcode);
    }

    [Fact]
    public void Many_zones_are_found_as_few_are()
    {
        var file = string.Concat(Enumerable.Range(0, 40).Select(i =>
            $"z{i}.example:53 {{\n bind 127.0.0.1\n forward . 192.0.2.{i + 1}\n}}\n"));
        using var harness = new QueryHarness(file);
        harness.Ask("www.z17.example.");
        Assert.Equal(1, harness.Workers[0].Upstreams[17].Count);
        Assert.Equal(5, harness.Ask("example.")!.Rcode);
    }

    [Theory]
    [InlineData(0x80, 0x00, null)]
    [InlineData(0x28, 0x00, (int)Rcode.NotImp)]
    public void Responses_get_silence_and_other_opcodes_notimp(byte high, byte low, int? rcode)
    {
        using var harness = new QueryHarness(Plain);
        var query = DnsMessage.Query("www.example.", "A").ToBytes();
        query[2] = high;
        query[3] = low;
        var reply = harness.Workers[0].AskRaw(query);
        Assert.Equal(rcode, reply is null ? null : reply[3] & 15);
    }

    private static void Fill(QueryHarness harness, string name, Action<DnsMessage> fill)
    {
        Assert.Null(harness.Ask(name));
        harness.Workers[0].Upstreams[0].Answer(reply =>
        {
            reply.Answer.Add(DnsRecord.Parse($"{name} 60 IN A 192.0.2.1"));
            fill(reply);
        });
    }
}

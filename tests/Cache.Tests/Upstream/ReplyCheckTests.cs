using NodeDns.Cache.Upstream;
using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Tests.Upstream;

public sealed class ReplyCheckTests
{
    [Fact]
    public void The_end_of_the_question_is_found()
    {
        Assert.Equal(17, ReplyCheck.QuestionEnd(ForwarderHarness.Query(".")));
        Assert.Equal(29, ReplyCheck.QuestionEnd(ForwarderHarness.Query("example.org", edns: true)));
    }

    [Fact]
    public void No_cut_of_a_query_has_a_question()
    {
        var query = ForwarderHarness.Query("www.example.org");
        for (var length = 0; length < query.Length; length++)
        {
            Assert.Equal(0, ReplyCheck.QuestionEnd(query.AsSpan(0, length)));
        }
    }

    [Fact]
    public void A_compressed_or_overlong_name_is_no_question_of_ours()
    {
        var query = ForwarderHarness.Query("example.org");
        query[12] = 0xC0;
        Assert.Equal(0, ReplyCheck.QuestionEnd(query));
    }

    [Fact]
    public void Random_octets_never_throw_and_never_match()
    {
        var query = ForwarderHarness.Query("example.org", edns: true);
        var random = new Random(1);
        var reply = new byte[80];
        for (var i = 0; i < 100_000; i++)
        {
            random.NextBytes(reply);
            var length = random.Next(reply.Length + 1);
            Assert.NotEqual(ReplyVerdict.Answer, ReplyCheck.Check(reply.AsSpan(0, length), 7, query, 29));
            ReplyCheck.QuestionEnd(reply.AsSpan(0, length));
            if (length >= 12)
            {
                ReplyCheck.Rcode(reply.AsSpan(0, length), Math.Min(29, length));
            }
        }
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(0, false)]
    [InlineData(2, false)]
    public void Next_rcodes_pass_a_reply_on(int rcode, bool expected)
    {
        var options = new ForwardOptions { Servers = [], Next = new RcodeSet(3, 5) };
        var reply = ScriptedUpstream.Reply(ForwarderHarness.Query("example.org"), rcode);
        Assert.Equal(expected, ReplyCheck.WantsNext(options, reply));
    }

    [Fact]
    public void Next_on_nodata_passes_an_empty_noerror_on_and_nothing_else()
    {
        var options = new ForwardOptions { Servers = [], NextOnNodata = true };
        var nodata = ScriptedUpstream.Reply(ForwarderHarness.Query("example.org"));
        byte[] positive = [.. nodata];
        positive[7] = 1;
        Assert.True(ReplyCheck.WantsNext(options, nodata));
        Assert.False(ReplyCheck.WantsNext(options, positive));
        Assert.False(ReplyCheck.WantsNext(options, ScriptedUpstream.Reply(ForwarderHarness.Query("a"), rcode: 3)));
    }

    [Fact]
    public void The_retry_wait_follows_the_round_trip_time_between_its_bounds()
    {
        var rtt = new RttEstimate();
        Assert.Equal(400, rtt.RetryAfterMs(200, 400, 2000));
        for (var i = 0; i < 50; i++)
        {
            rtt.Add(1_000);
        }
        Assert.Equal(200, rtt.RetryAfterMs(200, 400, 2000));
        for (var i = 0; i < 200; i++)
        {
            rtt.Add(300_000);
        }
        // A margin that a steady time does not wear down: a server is not asked twice for a hair's breadth.
        Assert.InRange(rtt.RetryAfterMs(200, 400, 2000), 390, 410);
        for (var i = 0; i < 50; i++)
        {
            rtt.Add(5_000_000);
        }
        Assert.Equal(2000, rtt.RetryAfterMs(200, 400, 2000));
    }

    [Fact]
    public void Ids_are_uniform()
    {
        // RFC 5452 section 9.1. Chi-square over 256 bins of 65,536 draws: 255 ± 22.6; seven deviations.
        var random = new RandomIds();
        var bins = new int[256];
        for (var i = 0; i < 65_536; i++)
        {
            bins[random.Next() >> 8]++;
        }
        Assert.InRange(bins.Sum(times => (times - 256.0) * (times - 256.0) / 256.0), 97, 413);
    }
}

using NodeDns.Cache.Upstream;
using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Tests.Upstream;

public sealed class PolicyTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(15)]
    public void Every_order_is_a_permutation(int count)
    {
        for (ulong entropy = 0; entropy < 1000; entropy++)
        {
            AssertPermutation(ServerOrder.Random(count, entropy * 0x9E37_79B9_7F4A_7C15), count);
            AssertPermutation(ServerOrder.RoundRobin(count, (uint)entropy), count);
        }
        AssertPermutation(ServerOrder.Sequential, count);
    }

    [Fact]
    public void Random_puts_every_server_everywhere_equally_often()
    {
        const int count = 4, draws = 24_000;
        var random = new RandomIds();
        var seen = new int[count, count];
        for (var draw = 0; draw < draws; draw++)
        {
            var order = ServerOrder.Random(count, random.Next64());
            for (var place = 0; place < count; place++)
            {
                seen[place, order[place]]++;
            }
        }
        // Each cell is binomial, 6,000 ± 67; six deviations fail once in 10⁸ runs.
        Assert.All(seen.Cast<int>(), times => Assert.InRange(times, 5_600, 6_400));
    }

    [Fact]
    public void Round_robin_starts_one_server_further_each_query_over_all_workers()
    {
        using var first = new ScriptedUpstream();
        using var second = new ScriptedUpstream();
        using var third = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => options with { Policy = SelectionPolicy.RoundRobin },
            first.EndPoint,
            second.EndPoint,
            third.EndPoint);
        var otherWorker = cache.AnotherWorker();
        ScriptedUpstream[] expected = [second, third, first, second, third, first];
        for (var i = 0; i < expected.Length; i++)
        {
            var outcome = cache.Ask("example.org", by: i % 2 == 0 ? otherWorker : null);
            Assert.True(expected[i].HasDatagram);
            FailoverTests.Reply(expected[i]);
            cache.Finish(outcome);
        }
    }

    [Fact]
    public void Sequential_asks_the_first_as_long_as_it_answers()
    {
        using var first = new ScriptedUpstream();
        using var second = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, first.EndPoint, second.EndPoint);
        for (var i = 0; i < 5; i++)
        {
            var outcome = cache.Ask("example.org");
            FailoverTests.Reply(first);
            cache.Finish(outcome);
        }
        Assert.False(second.HasDatagram);
    }

    [Fact]
    public void Random_spreads_queries_over_the_servers()
    {
        using var first = new ScriptedUpstream();
        using var second = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => options with { Policy = SelectionPolicy.Random }, first.EndPoint, second.EndPoint);
        var asked = new int[2];
        for (var i = 0; i < 60; i++)
        {
            var outcome = cache.Ask("example.org");
            var chosen = first.HasDatagram ? 0 : 1;
            asked[chosen]++;
            FailoverTests.Reply(chosen == 0 ? first : second);
            cache.Finish(outcome);
        }
        Assert.All(asked, times => Assert.InRange(times, 8, 52));
    }

    private static void AssertPermutation(ServerOrder order, int count) =>
        Assert.Equal(Enumerable.Range(0, count), Enumerable.Range(0, count).Select(place => order[place]).Order());
}

using NodeDns.Linux.Loop;
using Xunit;

namespace NodeDns.Cache.Tests.Loop;

public sealed class TurnPaceTests
{
    private const int Rate = 10_000;
    private const long IntervalNs = 100_000;

    [Theory]
    [InlineData(IntervalNs)]
    [InlineData(10 * IntervalNs)]
    public void Turns_that_are_no_more_than_the_rate_never_wait(long apartNs)
    {
        Assert.All(Waits(new TurnPace(Rate), 1000, apartNs), wait => Assert.Equal(0, wait));
    }

    [Fact]
    public void Turns_that_come_faster_are_held_to_the_rate_after_a_burst()
    {
        var waits = Waits(new TurnPace(Rate), 1000, IntervalNs / 10);
        Assert.All(waits[..64], wait => Assert.Equal(0, wait));
        Assert.All(waits[100..], wait => Assert.Equal(IntervalNs * 9 / 10, wait));
    }

    [Fact]
    public void A_pause_pays_for_the_next_burst()
    {
        var pace = new TurnPace(Rate);
        Waits(pace, 1000, apartNs: 0);
        Assert.Equal(64, Waits(pace, 100, apartNs: 0, fromNs: 1_000_000_000).TakeWhile(wait => wait == 0).Count());
    }

    /// <summary>How long each turn is held when the loop does so, and is woken again so long after.</summary>
    private static List<long> Waits(TurnPace pace, int turns, long apartNs, long fromNs = 500_000_000)
    {
        var nowNs = fromNs;
        var waits = new List<long>();
        for (var i = 0; i < turns; i++)
        {
            waits.Add(pace.WaitNs(nowNs));
            nowNs += waits[i] + apartNs;
        }
        return waits;
    }
}

using NodeDns.Linux.Loop;
using Xunit;

namespace NodeDns.Cache.Tests.Loop;

public sealed class TurnPaceTests
{
    private const int Rate = 10_000;
    private const long IntervalNs = 100_000;

    /// <summary>Of one processor, used between two turns that are an interval apart.</summary>
    private const double Busy = 0.9;

    [Theory]
    [InlineData(IntervalNs)]
    [InlineData(10 * IntervalNs)]
    public void Turns_that_are_no_more_than_the_rate_never_wait(long apartNs)
    {
        Assert.All(new Paced(Busy).Waits(1000, apartNs), wait => Assert.Equal(0, wait));
    }

    [Fact]
    public void Turns_that_come_faster_are_held_to_the_rate_after_a_burst()
    {
        var paced = new Paced(Busy);
        paced.Idle(1_000_000_000);
        var waits = paced.Waits(1000, IntervalNs / 10);
        Assert.All(waits[..64], wait => Assert.Equal(0, wait));
        Assert.All(waits[100..], wait => Assert.Equal(IntervalNs * 9 / 10, wait));
    }

    [Fact]
    public void A_pause_pays_for_the_next_burst()
    {
        var paced = new Paced(Busy);
        paced.Waits(1000, apartNs: 0);
        paced.Idle(1_000_000_000);
        Assert.Equal(64, paced.Waits(100, apartNs: 0).TakeWhile(wait => wait == 0).Count());
    }

    [Fact]
    public void Nothing_waits_while_there_is_processor_time_to_spare()
    {
        Assert.All(new Paced(0.3).Waits(100_000, IntervalNs / 10), wait => Assert.Equal(0, wait));
    }

    [Fact]
    public void What_is_scarce_is_the_share_of_what_the_process_may_use()
    {
        Assert.Contains(new Paced(0.3, processors: 0.4).Waits(100_000, IntervalNs / 10), wait => wait > 0);
        Assert.DoesNotContain(new Paced(Busy, processors: 2).Waits(100_000, IntervalNs / 10), wait => wait > 0);
    }

    [Fact]
    public void A_limit_that_is_raised_or_lowered_counts_at_once()
    {
        var paced = new Paced(0.3, processors: 0.4);
        paced.Waits(100_000, IntervalNs / 10);
        paced.Allowance.Processors = 1;
        Assert.Equal(0, paced.Waits(10_000, IntervalNs / 10)[^1]);
        paced.Allowance.Processors = 0.4;
        Assert.NotEqual(0, paced.Waits(10_000, IntervalNs / 10)[^1]);
    }

    [Fact]
    public void A_debt_of_the_time_when_nothing_waited_is_not_collected()
    {
        var paced = new Paced(0.3);
        paced.Waits(100_000, IntervalNs / 100);
        paced.Share = Busy;
        Assert.All(paced.Waits(100_000, IntervalNs / 10), wait => Assert.InRange(wait, 0, IntervalNs));
    }

    [Fact]
    public void Saving_does_not_end_the_saving()
    {
        var paced = new Paced(0.55);
        paced.Waits(100_000, IntervalNs / 10);
        paced.Share = 0.4;
        Assert.NotEqual(0, paced.Waits(10_000, IntervalNs / 10)[^1]);
        paced.Share = 0.3;
        Assert.Equal(0, paced.Waits(10_000, IntervalNs / 10)[^1]);
    }

    /// <summary>A loop that is woken again so long after each turn, in a process that uses a share of a processor's
    /// time.</summary>
    private sealed class Paced
    {
        private readonly TurnPace _pace;
        private long _nowNs = 500_000_000;
        private double _usedNs;

        public Paced(double share, double processors = 1)
        {
            Share = share;
            Allowance = new CpuAllowance(processors);
            _usedNs = share * _nowNs;
            _pace = new TurnPace(Rate, new CpuUse(Allowance, () => (long)_usedNs));
        }

        public double Share { get; set; }

        public CpuAllowance Allowance { get; }

        /// <summary>How long each turn is held.</summary>
        public List<long> Waits(int turns, long apartNs)
        {
            var waits = new List<long>();
            for (var i = 0; i < turns; i++)
            {
                waits.Add(_pace.WaitNs(_nowNs));
                Idle(waits[i] + apartNs);
            }
            return waits;
        }

        public void Idle(long forNs)
        {
            _nowNs += forNs;
            _usedNs += Share * forNs;
        }
    }
}

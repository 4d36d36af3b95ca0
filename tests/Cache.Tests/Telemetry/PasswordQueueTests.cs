using NodeDns.Linux.Loop;
using NodeDns.Telemetry;
using Xunit;

namespace NodeDns.Cache.Tests.Telemetry;

public sealed class PasswordQueueTests
{
    [Theory]
    [InlineData(0, 250)]
    [InlineData(1000, 3000)]
    public void Wrong_one_is_answered_and_then_rested_after(long takesMs, long restMs)
    {
        var clock = new StepClock();
        using var loop = new EventLoop(clock);
        using var queue = new PasswordQueue(loop);
        var answers = new List<string>();
        queue.Add(() => true, () => Answer(false, takesMs), isRight => answers.Add($"first {isRight}"));
        queue.Add(() => true, () => Answer(true, 0), isRight => answers.Add($"second {isRight}"));
        queue.Add(() => true, () => Answer(true, 0), isRight => answers.Add($"third {isRight}"));
        loop.RunTurn(20_000);
        Assert.Equal(["first False"], answers);
        Assert.Equal(takesMs + restMs, loop.EarliestTimerMs);
        clock.Ms = takesMs + restMs - 1;
        loop.RunTurn(0);
        Assert.Equal(["first False"], answers);
        clock.Ms++;
        loop.RunTurn(0);
        loop.RunTurn(20_000);
        loop.RunTurn(20_000);
        Assert.Equal(["first False", "second True", "third True"], answers);

        bool Answer(bool isRight, long ms)
        {
            clock.Ms += ms;
            return isRight;
        }
    }

    [Fact]
    public void Nobody_rests_for_a_client_that_has_gone()
    {
        using var loop = new EventLoop(new StepClock());
        using var queue = new PasswordQueue(loop);
        var answers = new List<string>();
        queue.Add(() => false, () => false, _ => answers.Add("gone"));
        queue.Add(() => true, () => true, _ => answers.Add("here"));
        loop.RunTurn(20_000);
        Assert.Equal(["here"], answers);
    }

    [Fact]
    public void Clients_that_have_gone_do_not_pile_up_during_a_rest()
    {
        using var loop = new EventLoop(new StepClock());
        using var queue = new PasswordQueue(loop);
        queue.Add(() => true, () => false, _ => { });
        loop.RunTurn(20_000);
        var passedOver = 0;
        for (var i = 0; i < 1000; i++)
        {
            queue.Add(() => passedOver++ < 0, () => true, _ => { });
        }

        Assert.InRange(1000 - passedOver, 0, HttpEndpoint.MaxConnections);
    }

    private sealed class StepClock : MonotonicClock
    {
        public long Ms { get; set; }
        public override long NowMs => Ms;
    }
}

using NodeDns.Linux.Loop;
using Xunit;

namespace NodeDns.Cache.Tests.Loop;

public sealed class EventLoopTests
{
    [Fact]
    public void Timers_fire_in_order_of_their_due_time_and_not_before()
    {
        var clock = new StepClock();
        using var loop = new EventLoop(clock);
        var fired = new List<int>();
        foreach (var delay in new[] { 30, 10, 20, 10, 40 })
        {
            loop.Arm(new Recording(fired, delay), delay);
        }

        clock.Ms = 9;
        loop.RunTurn(0);
        Assert.Empty(fired);
        clock.Ms = 30;
        loop.RunTurn(0);
        Assert.Equal([10, 10, 20, 30], fired);
    }

    [Fact]
    public void Cancelled_and_rearmed_timers_fire_once_at_the_last_due_time()
    {
        var clock = new StepClock();
        using var loop = new EventLoop(clock);
        var fired = new List<int>();
        var cancelled = new Recording(fired, 1);
        var moved = new Recording(fired, 2);
        loop.Arm(cancelled, 5);
        loop.Arm(moved, 5);
        loop.Arm(moved, 50);
        loop.Cancel(cancelled);

        clock.Ms = 49;
        loop.RunTurn(0);
        Assert.Empty(fired);
        clock.Ms = 50;
        loop.RunTurn(0);
        clock.Ms = 500;
        loop.RunTurn(0);
        Assert.Equal([2], fired);
    }

    [Fact]
    public void Removing_any_timer_keeps_the_others_in_order()
    {
        var random = new Random(1);
        for (var round = 0; round < 200; round++)
        {
            var clock = new StepClock();
            using var loop = new EventLoop(clock);
            var fired = new List<int>();
            var timers = Enumerable.Range(0, random.Next(1, 80))
                .Select(_ => new Recording(fired, random.Next(1, 100))).ToList();
            timers.ForEach(timer => loop.Arm(timer, timer.Label));
            var removed = timers.Where(_ => random.Next(3) == 0).ToList();
            removed.ForEach(loop.Cancel);

            clock.Ms = 1000;
            loop.RunTurn(0);
            Assert.Equal(timers.Except(removed).Select(timer => timer.Label).Order(), fired);
        }
    }

    [Fact]
    public void Timer_armed_again_without_delay_while_due_timers_run_waits_for_a_later_turn()
    {
        var clock = new StepClock();
        using var loop = new EventLoop(clock);
        var endless = new Endless(loop);
        loop.Arm(endless, 0);
        loop.RunTurn(0);
        Assert.Equal(1, endless.Fired);
        clock.Ms++;
        loop.RunTurn(0);
        Assert.Equal(2, endless.Fired);
    }

    [Fact]
    public void Work_posted_from_many_threads_all_runs_on_the_loop()
    {
        using var loop = new EventLoop();
        var thread = new Thread(loop.Run);
        thread.Start();
        var count = 0;
        using var done = new CountdownEvent(4 * 5000);
        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < 5000; i++)
            {
                loop.Post(() =>
                {
                    count++;
                    done.Signal();
                });
            }
        });
        Assert.True(done.Wait(TimeSpan.FromSeconds(30)), $"{done.CurrentCount} of 20000 posts never ran");
        loop.Stop();
        thread.Join();
        Assert.Equal(20000, count);
    }

    [Fact]
    public void Work_for_the_end_of_a_turn_that_is_asked_for_before_the_first_turn_waits_for_no_event()
    {
        using var loop = new EventLoop();
        using var done = new SemaphoreSlim(0);
        loop.AtTurnEnd(new Signal(done));
        var thread = new Thread(loop.Run);
        thread.Start();
        var ran = done.Wait(TimeSpan.FromSeconds(30));
        loop.Stop();
        thread.Join();
        Assert.True(ran, "it did not run while nothing else happened");
    }

    private sealed class Signal(SemaphoreSlim done) : ITurnEnd
    {
        public void OnTurnEnd() => done.Release();
    }

    private sealed class StepClock : MonotonicClock
    {
        public long Ms;

        public override long NowMs => Ms;
    }

    private sealed class Recording(List<int> fired, int label) : LoopTimer
    {
        public int Label => label;

        public override void OnTimer() => fired.Add(label);
    }

    private sealed class Endless(EventLoop loop) : LoopTimer
    {
        public int Fired { get; private set; }

        public override void OnTimer()
        {
            Assert.True(++Fired < 1000, "the turn does not end");
            loop.Arm(this, 0);
        }
    }
}

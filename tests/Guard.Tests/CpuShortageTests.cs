namespace NodeDns.Guard.Tests;

/// <summary>When a guard says that its machine is short of CPU.</summary>
public sealed class CpuShortageTests
{
    [Fact]
    public void A_late_timer_counts_for_a_second()
    {
        var shortage = new CpuShortage(lateMs: 300);
        var nowMs = 1_000_000L;
        for (var samples = 0; samples < 10; samples++)
        {
            shortage.Sample(nowMs += 100);
        }

        shortage.Sample(nowMs += 300);
        Assert.False(shortage.IsRecent(nowMs));
        shortage.Sample(nowMs += 301);
        Assert.True(shortage.IsRecent(nowMs));
        Assert.True(shortage.IsRecent(nowMs + 999));
        Assert.False(shortage.IsRecent(nowMs + 1000));
    }

    [Fact]
    public void The_first_second_counts_too()
    {
        var shortage = new CpuShortage(lateMs: 300);
        shortage.Sample(1_000_000);
        Assert.True(shortage.IsRecent(1_000_000));
    }
}

using NodeDns.Cache.Serve;
using NodeDns.Cache.Tests.Query;
using NodeDns.Linux.Loop;
using Xunit;

namespace NodeDns.Cache.Tests.Serve;

public sealed class PluginUpkeepTests
{
    [Theory]
    [InlineData("hosts {\n 192.0.2.1 a.example\n reload 1ns\n }")]
    [InlineData("loadbalance weighted /nonexistent/weights {\n reload 100us\n }")]
    public void File_that_is_looked_at_more_often_than_the_clock_ticks_leaves_time_between(string directive)
    {
        using var queries = new QueryHarness($". {{\n {directive}\n}}");
        using var loop = new EventLoop();
        var upkeep = new PluginUpkeep(loop, loop, queries.Store);
        upkeep.Use(queries.Model);
        Assert.Equal(loop.NowMs + 1, loop.EarliestTimerMs);
        upkeep.Dispose();
        Assert.Equal(long.MaxValue, loop.EarliestTimerMs);
    }
}

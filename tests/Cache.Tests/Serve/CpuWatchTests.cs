using NodeDns.Cache.Serve;
using NodeDns.Cache.Tests.Listen;
using NodeDns.Linux.Loop;
using Xunit;

namespace NodeDns.Cache.Tests.Serve;

public sealed class CpuWatchTests : IDisposable
{
    private readonly string _cgroup = Directory.CreateTempSubdirectory("nodedns-cgroup-").FullName;
    private readonly ServeHarness.StepClock _clock = new();
    private readonly EventLoop _loop;

    public CpuWatchTests() => _loop = new EventLoop(_clock);

    public void Dispose()
    {
        _loop.Dispose();
        Directory.Delete(_cgroup, recursive: true);
    }

    [Theory]
    [InlineData("20000 100000", 0.2)]
    [InlineData("150000 100000", 1.5)]
    [InlineData("800000 100000", 2)]
    [InlineData("max 100000", 2)]
    public void Workers_use_no_more_than_one_processor_each_and_no_more_than_the_container_may(string limit, double expected)
    {
        Write(limit);
        Assert.Equal(expected, Watch().Allowance.Processors);
    }

    [Fact]
    public void A_limit_that_changes_is_in_force_without_a_restart()
    {
        Write("50000 100000");
        var watch = Watch();
        watch.Start();
        Write("100000 100000");
        Pass(9);
        Assert.Equal(0.5, watch.Allowance.Processors);
        Pass(1);
        Assert.Equal(1, watch.Allowance.Processors);
        Write("max 100000");
        Pass(10);
        Assert.Equal(2, watch.Allowance.Processors);
    }

    private CpuWatch Watch() => new(_loop, _cgroup, workers: 2);

    private void Write(string limit) => File.WriteAllText(Path.Combine(_cgroup, "cpu.max"), limit + "\n");

    private void Pass(int seconds)
    {
        _clock.Ms += seconds * 1000;
        _loop.RunTurn(0);
    }
}

using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Cache.Query;
using NodeDns.Cache.Serve;
using NodeDns.Cache.Store;
using NodeDns.Cache.Tests.Listen;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;
using Xunit;

namespace NodeDns.Cache.Tests.Serve;

public class WorkerTests
{
    [Fact]
    public async Task Whoever_asks_for_a_drain_is_told_also_when_it_is_long_over()
    {
        using var store = new AnswerStore(1 << 20);
        using var told = new SemaphoreSlim(0);
        var shared = new QueryShared(store, new InFlightTable(), new MetricRegistry(), NullLogger.Instance);
        using var open = new OpenQueryFile(workers: 1);
        using var worker = new Worker(0, shared, MonotonicClock.System, open.Part(0), 1232, pace: null, _ => told.Release());
        worker.Start();
        worker.Drain(readOn: false);
        await told.WaitAsync(ServeHarness.Patience());
        worker.Drain(readOn: true);
        await told.WaitAsync(ServeHarness.Patience());
    }
}

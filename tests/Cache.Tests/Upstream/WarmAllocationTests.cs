using NodeDns.Cache.Upstream;
using NodeDns.Telemetry.Tap;
using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Tests.Upstream;

public sealed class WarmAllocationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_warm_query_allocates_nothing(bool tcp)
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(options => options with { Connections = 1 }, server.EndPoint);
        var owner = new Counting();
        var query = ForwarderHarness.Query("example.org");
        ScriptedConnection? connection = null;
        long allocated = 0;
        for (var i = 0; i < 400; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            cache.Forwarder.Forward(query, tcp, owner);
            cache.Loop.RunTurn(0);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            if (tcp)
            {
                if (connection is null)
                {
                    connection = server.Accept();
                    cache.Turn();
                }
                connection.Send(ScriptedUpstream.Reply(connection.Receive()));
            }
            else
            {
                FailoverTests.Reply(server);
            }
            before = GC.GetAllocatedBytesForCurrentThread();
            while (owner.Answers <= i)
            {
                cache.Loop.RunTurn(1000);
            }
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            if (i == 200)
            {
                allocated = 0;
            }
        }
        connection?.Dispose();
        Assert.Equal(0, allocated);
    }

    internal sealed class Counting : IExchangeOwner
    {
        public int Answers { get; private set; }

        public void OnAnswer(ReadOnlySpan<byte> message, in TapUpstream from) => Answers++;

        public void OnFailure(UpstreamError error) => Assert.Fail($"{error}");
    }
}

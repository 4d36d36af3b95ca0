using System.Net;
using NodeDns.Cache.Upstream;
using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Tests.Upstream;

/// <summary>Servers that lose, delay, reorder, truncate, forge, reset and close at random, and a clock that
/// jumps.</summary>
public sealed class ChaosTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Whatever_servers_do_every_query_ends_once_and_nothing_is_left(int seed)
    {
        var random = new Random(seed);
        ScriptedUpstream[] servers = [new(), new(), new(tcp: false)];
        using var cache = new ForwarderHarness(
            options => options with
            {
                Policy = (SelectionPolicy)(seed % 3),
                ForceTcp = seed % 4 == 3,
                Connections = random.Next(1, 4),
                Pipeline = random.Next(1, 8),
                MaxConcurrent = 60,
                MaxIdleConnections = seed % 2,
                Failover = new RcodeSet(2),
                MaxAge = TimeSpan.FromSeconds(11),
                MaxConnectAttempts = seed == 4 ? 0 : null,
            },
            [.. servers.Select(server => server.EndPoint)]);
        var peers = servers.Select(server => new ChaoticPeer(server, random)).ToArray();
        var outcomes = new List<ForwarderHarness.Outcome>();
        for (var step = 0; step < 1_500; step++)
        {
            for (var n = random.Next(4); n > 0; n--)
            {
                outcomes.Add(cache.Ask($"n{step}-{n}", tcp: random.Next(2) == 0, edns: random.Next(2) == 0));
            }
            foreach (var peer in peers)
            {
                peer.Act();
            }
            cache.Pass(random.Next(50) == 0 ? random.Next(3_000) : random.Next(30));
        }
        Assert.All(peers[..2], peer => Assert.True(peer.Seen > 100, $"{peer.Seen} queries seen"));
        cache.Pass(5_000);
        cache.Pass(5_000);
        Assert.All(outcomes, outcome => Assert.True(outcome.IsDone));
        Assert.Contains(outcomes, outcome => outcome.Answer is not null);
        Assert.Equal(0, cache.Group.Concurrent);
        cache.Forwarder.Dispose();
        Assert.Equal(0, cache.Forwarder.Active);
        foreach (var server in cache.Group.Servers)
        {
            Assert.Equal(0, cache.Forwarder.Connections(server).Count);
        }
        Array.ForEach(peers, peer => peer.Dispose());
    }

    private sealed class ChaoticPeer(ScriptedUpstream server, Random random) : IDisposable
    {
        private readonly List<(byte[] Query, EndPoint From)> _datagrams = [];
        private readonly List<(ScriptedConnection Connection, List<byte[]> Queries)> _connections = [];

        public int Seen { get; private set; }

        public void Act()
        {
            while (server.HasDatagram)
            {
                _datagrams.Add(server.Receive());
                Seen++;
            }
            while (server.HasTcp && server.HasConnection)
            {
                _connections.Add((server.Accept(), []));
            }
            while (_datagrams.Count > 0 && random.Next(4) != 0)
            {
                var (query, from) = Take(_datagrams);
                server.Send(from, Mangle(query));
            }
            for (var i = _connections.Count - 1; i >= 0; i--)
            {
                var (connection, queries) = _connections[i];
                try
                {
                    while (connection.HasData)
                    {
                        queries.Add(connection.Receive());
                        Seen++;
                    }
                    while (queries.Count > 0 && random.Next(4) != 0)
                    {
                        connection.Send(Mangle(Take(queries)));
                    }
                    if (random.Next(30) != 0)
                    {
                        continue;
                    }
                }
                catch (IOException)
                {
                    // The cache closed it.
                }
                connection.Close(reset: random.Next(2) == 0);
                _connections.RemoveAt(i);
            }
        }

        public void Dispose()
        {
            _connections.ForEach(entry => entry.Connection.Dispose());
            server.Dispose();
        }

        private T Take<T>(List<T> list)
        {
            var index = random.Next(list.Count);
            var taken = list[index];
            list.RemoveAt(index);
            return taken;
        }

        private byte[] Mangle(byte[] query)
        {
            var reply = ScriptedUpstream.Reply(query, rcode: random.Next(6), truncated: random.Next(5) == 0);
            switch (random.Next(20))
            {
                case 0:
                    reply[0] ^= 0x55;
                    break;
                case 1:
                    reply[13] ^= 1;
                    break;
                case 2:
                    return reply[..random.Next(reply.Length)];
                case 3:
                    random.NextBytes(reply);
                    break;
            }
            return reply;
        }
    }
}

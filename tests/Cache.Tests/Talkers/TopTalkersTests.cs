using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Talkers;
using Xunit;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Cache.Tests.Talkers;

public sealed partial class TopTalkersTests
{
    private const int NoError = 0, NxDomain = 3;

    private readonly MetricRegistry _registry = new();
    private readonly TopTalkers _talkers = new(isOn: true);
    private readonly TalkerTable _worker;
    private long _nowMs;

    public TopTalkersTests()
    {
        _worker = _talkers.Attach();
        _talkers.Register(_registry, () => _nowMs);
    }

    [Fact]
    public void Hits_are_sampled_and_their_counts_come_close()
    {
        for (var i = 0; i < 200_000; i++)
        {
            _worker.AnsweredAtOnce(Client("10.0.0.1"), NoError);
            _worker.AnsweredAtOnce(Client("10.0.0.2"), NxDomain);
            _worker.AnsweredAtOnce(Client("10.0.0.1"), NoError);
        }

        Assert.InRange(Scrape()["10.0.0.1"], 360_000, 440_000);
        Assert.InRange(Scrape()["10.0.0.2"], 180_000, 220_000);
        Assert.InRange(Scrape("nxdomain")["10.0.0.2"], 180_000, 220_000);
        Assert.Equal(0, Scrape("nxdomain")["10.0.0.1"]);
    }

    [Fact]
    public void A_client_is_one_at_every_worker_and_at_sockets_of_both_families()
    {
        var other = _talkers.Attach();
        _worker.AnsweredLater(Client("10.0.0.1"), NoError);
        other.AnsweredLater(Client("::ffff:10.0.0.1"), NoError);
        other.AnsweredLater(Client("fd00::1"), NoError);
        Assert.Equal([("10.0.0.1", 2), ("fd00::1", 1), ("other", 0)], Scrape().Select(pair => (pair.Key, pair.Value)).Order());
    }

    [Fact]
    public void Any_number_of_addresses_takes_no_more_memory_hides_no_heavy_client_and_loses_no_lookup()
    {
        var random = new Random(1);
        const int round = 200_000;
        var asked = 0L;
        var gone = 0L;
        var before = Scrape();
        for (var i = 0; i < 10; i++)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            for (var n = 0; n < round; n++)
            {
                var isHeavy = n % 50 == 0;
                _worker.AnsweredLater(isHeavy ? Client(10, 0, 0, 7) : Client((uint)random.Next()), NxDomain);
                asked++;
            }

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - allocated);
            var after = Scrape();
            Assert.InRange(after.Count, 2, TopTalkers.MostListed + 1);
            gone += before.Where(one => !after.ContainsKey(one.Key)).Sum(one => one.Value);
            Assert.Equal(asked, after.Values.Sum() + gone);
            foreach (var (client, count) in after)
            {
                Assert.True(count >= before.GetValueOrDefault(client), $"{client}: {count} after {before.GetValueOrDefault(client)}");
            }

            before = after;
        }

        Assert.Equal(asked / 50, Scrape("nxdomain")["10.0.0.7"]);
    }

    [Fact]
    public void Sixty_four_are_listed_and_one_that_asks_twice_as_much_takes_the_place_of_the_least()
    {
        for (byte i = 1; i <= 100; i++)
        {
            Misses(Client(10, 0, 0, i), 10);
        }

        var first = Scrape();
        Assert.Equal(TopTalkers.MostListed + 1, first.Count);
        Assert.Equal(360, first["other"]);

        var outside = Enumerable.Range(1, 100).First(i => !first.ContainsKey($"10.0.0.{i}"));
        Misses(Client(10, 0, 0, (byte)outside), 5);
        Assert.DoesNotContain($"10.0.0.{outside}", Scrape());
        Misses(Client(10, 0, 0, (byte)outside), 50);
        var then = Scrape();
        Assert.Equal(TopTalkers.MostListed + 1, then.Count);
        Assert.Equal(50, then[$"10.0.0.{outside}"]);
        Assert.Equal(365, then["other"]);
    }

    [Fact]
    public void A_client_that_fails_is_listed_before_those_that_only_ask_more()
    {
        for (byte i = 1; i <= 64; i++)
        {
            for (var n = 0; n < 64 * 20; n++)
            {
                _worker.AnsweredAtOnce(Client(10, 0, 0, i), NoError);
            }
        }

        Scrape();
        for (var n = 0; n < 200; n++)
        {
            _worker.AnsweredLater(Client(10, 0, 1, 1), NxDomain);
        }

        Assert.Equal(200, Scrape("nxdomain")["10.0.1.1"]);
    }

    [Fact]
    public void A_client_that_has_asked_nothing_for_an_hour_leaves_the_list_and_begins_anew_when_it_returns()
    {
        Misses(Client(10, 0, 0, 1), 10);
        Assert.Equal(10, Scrape()["10.0.0.1"]);
        _nowMs += 3_500_000;
        Assert.Equal(10, Scrape()["10.0.0.1"]);
        _nowMs += 200_000;
        Assert.DoesNotContain("10.0.0.1", Scrape());
        Misses(Client(10, 0, 0, 1), 3);
        Assert.Equal(3, Scrape()["10.0.0.1"]);
    }

    [Fact]
    public void A_scrape_beside_a_busy_worker_gives_no_lookup_to_another_client()
    {
        var heavy = Client(10, 0, 0, 7);
        var stop = false;
        var counted = 0L;
        var worker = new Thread(() =>
        {
            var random = new Random(2);
            while (!Volatile.Read(ref stop))
            {
                for (var i = 0; i < 100; i++)
                {
                    _worker.AnsweredLater(i % 10 == 0 ? heavy : Client((uint)random.Next()), i % 10 == 0 ? NxDomain : NoError);
                }

                counted += 10;
            }
        });
        worker.Start();
        for (var i = 0; i < 200; i++)
        {
            var all = Scrape("nxdomain");
            Assert.All(all, one => Assert.True(one.Key is "10.0.0.7" or "other" || one.Value == 0, $"{one.Key} {one.Value}"));
        }

        Volatile.Write(ref stop, true);
        worker.Join();
        Assert.Equal(counted, Scrape("nxdomain").Values.Sum());
    }

    private void Misses(SocketAddress client, int count)
    {
        for (var i = 0; i < count; i++)
        {
            _worker.AnsweredLater(client, NoError);
        }
    }

    private static SocketAddress Client(string address) => SocketAddress.From(new IPEndPoint(IPAddress.Parse(address), 40_000));

    private static SocketAddress Client(byte a, byte b, byte c, byte d) =>
        Client((uint)(a << 24 | b << 16 | c << 8 | d));

    private static SocketAddress Client(uint address)
    {
        var client = default(SocketAddress);
        client.Bytes[0] = (byte)SocketAddress.FamilyIPv4;
        BinaryPrimitives.WriteUInt32BigEndian(client.Bytes[4..], address);
        return client;
    }

    private Dictionary<string, long> Scrape(string count = "queries")
    {
        var text = new ArrayBufferWriter<byte>();
        _registry.Write(text);
        return Line().Matches(Encoding.UTF8.GetString(text.WrittenSpan)).Where(line => line.Groups[1].Value == count)
            .ToDictionary(line => line.Groups[2].Value, line => long.Parse(line.Groups[3].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("""^nodedns_client_(\w+)_total\{client="(.*)"\} (\d+)$""", RegexOptions.Multiline)]
    private static partial Regex Line();
}

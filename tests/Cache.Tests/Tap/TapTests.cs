using System.Buffers.Binary;
using System.Text;
using NodeDns.Cache.Tests.Listen;
using NodeDns.Dns.Wire;
using NodeDns.Telemetry.Tap;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Tap;

/// <summary>What a reader at the tap's socket of a real server sees.</summary>
public sealed class TapTests : IDisposable
{
    private readonly ServeHarness _serve = new(
        ".:{port} {\n bind 127.0.0.1\n cache 60 {\n serve_stale\n }\n forward . {upstream} {\n max_fails 0\n }\n"
        + " template ANY A rule.test {\n answer \"{{ .Name }} 60 IN A 192.0.2.9\"\n }\n}\n");

    public TapTests()
    {
        _serve.Upstream.On("www.example.com.", "A", FakeAnswer.With("www.example.com. 30 IN A 192.0.2.1"));
        _serve.Upstream.Otherwise = _ => FakeAnswer.Denial("NXDOMAIN", "example.com. 30 IN SOA ns. mail. 1 2 3 4 30");
    }

    public void Dispose() => _serve.Dispose();

    [Fact]
    public async Task A_reader_is_told_of_each_lookup_and_where_its_answer_came_from()
    {
        using var tap = Open("");
        await Ask("www.example.com.");
        var asked = Next(tap);
        Assert.Equal(
            ("www.example.com.", "A", "NoError", TapSource.Upstream, false),
            (asked.Name, asked.Type, asked.Rcode, asked.Source, asked.IsTcp));
        Assert.Equal(_serve.Upstream.EndPoint, asked.Upstream);
        Assert.InRange(asked.UpstreamNs, 1, asked.DurationNs);
        Assert.Equal("127.0.0.1", asked.Client);
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        Assert.InRange(asked.Time, now.AddMinutes(-1), now.AddMinutes(1));

        await Ask("WWW.example.COM.");
        var hit = Next(tap);
        Assert.Equal(("www.example.com.", TapSource.Hit, null), (hit.Name, hit.Source, hit.Upstream));

        await Ask("no.example.com.");
        Assert.Equal(("NXDomain", TapSource.Upstream), (Next(tap) is var first ? first.Rcode : "", first.Source));
        await Ask("no.example.com.");
        Assert.Equal(TapSource.Denied, Next(tap).Source);

        await Ask("rule.test.");
        Assert.Equal(TapSource.Rule, Next(tap).Source);

        await using var stream = await _serve.Connect();
        await stream.WriteAsync(ServeHarness.Framed(DnsMessage.Query("www.example.com.", "A", 1)), ServeHarness.Patience());
        await ServeHarness.Read(stream);
        Assert.True(Next(tap).IsTcp);

        await Ask("zone.example.com.", "AXFR");
        var refused = Next(tap);
        Assert.Equal(("zone.example.com.", "Refused", TapSource.Server), (refused.Name, refused.Rcode, refused.Source));
    }

    [Fact]
    public async Task An_answer_that_had_expired_is_told_as_stale()
    {
        await Ask("www.example.com.");
        _serve.Advance(TimeSpan.FromSeconds(31));
        using var tap = Open("");
        await Ask("www.example.com.");
        Assert.Equal(TapSource.Stale, Next(tap).Source);
    }

    [Theory]
    [InlineData("name=www.example.com")]
    [InlineData("name=WWW.*.com.")]
    [InlineData("name=ww?.example.co? type=1")]
    [InlineData("type=1 rcode=0 client=127.0.0.0/8")]
    [InlineData("client=10.0.0.1,127.0.0.1 from=upstream,hit rcode=0")]
    public async Task A_filter_lets_through_what_it_names(string filter)
    {
        using var tap = Open(filter);
        foreach (var name in new[] { "other.example.com.", "www.example.org.", "xww.example.con.", "www.example.com." })
        {
            await Ask(name);
        }

        Assert.Equal("www.example.com.", Next(tap).Name);
    }

    [Fact]
    public async Task A_sample_is_one_in_so_many()
    {
        using var tap = Open("sample=3");
        for (var i = 0; i < 6; i++)
        {
            await Ask($"n{i}.example.com.");
        }

        Assert.Equal(["n2.example.com.", "n5.example.com."], [Next(tap).Name, Next(tap).Name]);
    }

    [Theory]
    [InlineData("type=AAAA", "type=AAAA: expected a number from 0 to 65535")]
    [InlineData("client=010.0.0.4", "client=010.0.0.4: 010.0.0.4: expected an address")]
    [InlineData("client=10.0.0", "client=10.0.0: 10.0.0: expected an address")]
    [InlineData("client=10.0.0.0/99", "client=10.0.0.0/99: 10.0.0.0/99: expected an address")]
    [InlineData("from=hit,cache", "from=hit,cache: cache: expected server, hit, denied")]
    [InlineData("from=1", "from=1: 1: expected")]
    [InlineData("colour=red", "colour=red: expected client, name, type")]
    [InlineData("type=1 type=2", "type=2: it stands there twice")]
    [InlineData("name=", "name=: expected a name")]
    public void A_filter_that_cannot_be_read_is_refused_by_the_word(string filter, string says)
    {
        using var tap = TapClient.Connect(_serve.TapSocket, filter);
        Assert.Equal(TapFrame.Refused, Read(tap));
        Assert.StartsWith(says, Encoding.UTF8.GetString(tap.Payload), StringComparison.Ordinal);
        Assert.Null(Read(tap));
    }

    [Fact]
    public async Task A_reader_that_stops_reading_costs_no_lookup_and_is_told_what_it_missed()
    {
        await Ask("www.example.com.");
        using var stuck = Open("");
        using var reading = Open("name=last.example.com");
        const int asked = 20_000;
        for (var i = 0; i < asked; i++)
        {
            Assert.NotEmpty((await Ask("www.example.com.")).Answer);
        }

        await Ask("last.example.com.");
        Assert.Equal("last.example.com.", Next(reading).Name);

        var (told, missed) = (0L, 0L);
        while (told + missed < asked + 1)
        {
            var frame = Read(stuck);
            Assert.NotNull(frame);
            told += frame == TapFrame.Entry ? 1 : 0;
            missed += frame == TapFrame.Missed ? (long)BinaryPrimitives.ReadUInt64LittleEndian(stuck.Payload) : 0;
        }

        Assert.Equal(asked + 1, told + missed);
        Assert.InRange(missed, 1, asked);
    }

    [Fact]
    public async Task One_reader_too_many_is_refused_and_a_place_is_free_again_when_one_has_gone()
    {
        var readers = Enumerable.Range(0, TapServer.MaxReaders).Select(_ => Open("")).ToList();
        using (var late = TapClient.Connect(_serve.TapSocket, ""))
        {
            Assert.Equal(TapFrame.Refused, Read(late));
            Assert.Contains("32 readers", Encoding.UTF8.GetString(late.Payload), StringComparison.Ordinal);
        }

        readers[0].Dispose();
        await ServeHarness.Until(
            () =>
            {
                using var again = TapClient.Connect(_serve.TapSocket, "");
                return Read(again) == TapFrame.Hello;
            },
            "a free place");
        await Ask("www.example.com.");
        Assert.All(readers[1..], reader => Assert.Equal("www.example.com.", Next(reader).Name));
        readers.ForEach(reader => reader.Dispose());
    }

    private static TapClient Connect(string path, string filter)
    {
        var tap = TapClient.Connect(path, filter);
        Assert.Equal(TapFrame.Hello, Read(tap));
        return tap;
    }

    private TapClient Open(string filter) => Connect(_serve.TapSocket, filter);

    private Task<DnsMessage> Ask(string name, string type = "A") => _serve.AskUdp(DnsMessage.Query(name, type, 1));

    /// <summary>A frame that does not come fails the test instead of hanging it.</summary>
    private static TapFrame? Read(TapClient tap) =>
        Task.Run(tap.Read).WaitAsync(ServeHarness.Patience()).GetAwaiter().GetResult();

    private static Told Next(TapClient tap)
    {
        Assert.Equal(TapFrame.Entry, Read(tap));
        Assert.True(TapEntry.TryRead(tap.Payload, out var entry));
        return new Told(
            DnsName.ToText(entry.Name),
            DnsTypes.TypeText(entry.Type),
            $"{(Rcode)entry.Rcode}",
            entry.Source,
            entry.IsTcp,
            entry.Client.ToIPEndPoint().Address.ToString(),
            entry.Upstream.DurationNs == 0 ? null : entry.Upstream.Server.ToIPEndPoint(),
            entry.Upstream.DurationNs,
            entry.DurationNs,
            DateTime.UnixEpoch.AddTicks(entry.TimeNs / 100));
    }

    private sealed record Told(string Name, string Type, string Rcode, TapSource Source, bool IsTcp, string Client,
        System.Net.IPEndPoint? Upstream, long UpstreamNs, long DurationNs, DateTime Time);
}

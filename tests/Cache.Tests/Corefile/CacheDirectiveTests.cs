using NodeDns.Corefile;
using NodeDns.Go;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

public sealed class CacheDirectiveTests
{
    [Theory]
    [InlineData("cache", "3600 5?  1800 5?  servfail 5")]
    [InlineData("cache 30", "30 5?  30 5?  servfail 5")]
    [InlineData("cache {\n}", "3600 5?  1800 5?  servfail 5")]
    [InlineData("cache 30 {\nsuccess 9984\n}", "30 5? x9984  30 5?  servfail 5")]
    [InlineData("cache {\nsuccess 9984 60\ndenial 2000 10\n}", "60 5? x9984  10 5? x2000  servfail 5")]
    [InlineData("cache {\nsuccess 9984 60 0\ndenial 2000 10 3\n}", "60 0 x9984  10 3 x2000  servfail 5")]
    [InlineData("cache 30 {\nsuccess 9984 60\n}", "60 5? x9984  30 5?  servfail 5")]
    [InlineData("cache {\nservfail 0\n}", "3600 5?  1800 5?  servfail 0")]
    [InlineData("cache {\nservfail 5m\n}", "3600 5?  1800 5?  servfail 300")]
    public void Limits(string directives, string expected)
    {
        var cache = Corefiles.Block(directives).Cache!;
        Assert.Equal(expected, $"{Side(cache.SuccessTtl, cache.SuccessMinTtl, cache.SuccessCapacity)}  "
            + $"{Side(cache.DenialTtl, cache.DenialMinTtl, cache.DenialCapacity)}  "
            + $"servfail {cache.ServfailTtl.TotalSeconds}");
    }

    [Theory]
    [InlineData("30s", true)]
    [InlineData("5m", true)]
    [InlineData("1h30m", true)]
    [InlineData("example.org 30", true)]
    [InlineData("30 5m", true)]
    [InlineData("{\ndisable denial 5m\n}", true)]
    [InlineData("other.example", true)]
    [InlineData("30", false)]
    [InlineData("30 .", false)]
    [InlineData("30 example.org", false)]
    [InlineData("30 example.org www.example.org", false)]
    public void A_zone_that_was_meant_as_a_time_or_covers_nothing_of_the_block_is_told(string words, bool told) =>
        Assert.Equal(told, !Corefiles.Load($"example.org {{\ncache {words}\n}}\n").Warnings.IsEmpty);

    /// <summary>Every name is in the block for ".", so only the word itself can tell.</summary>
    [Theory]
    [InlineData("30s", true)]
    [InlineData("30S", true)]
    [InlineData("1d", true)]
    [InlineData("5min", true)]
    [InlineData("30seconds", true)]
    [InlineData("30,60", true)]
    [InlineData("1.5h", true)]
    [InlineData("30 60", true)]
    [InlineData("30 example.org 5m", true)]
    [InlineData("example.org", false)]
    [InlineData("3com.example", false)]
    [InlineData("10.0.0.0/8", false)]
    [InlineData("2001:db8::/32", false)]
    [InlineData("cluster.local in-addr.arpa", false)]
    public void A_word_that_looks_like_a_time_is_told_in_the_block_for_every_name_too(string words, bool told) =>
        Assert.Equal(told, Corefiles.Warnings($"cache {words}").Contains("is read as a zone"));

    [Theory]
    [InlineData("prefetch 10", "10 1m 10%")]
    [InlineData("prefetch 10 10s", "10 10s 10%")]
    [InlineData("prefetch 10 10s 20%", "10 10s 20%")]
    [InlineData("prefetch 0", "0 1m 10%")]
    public void Prefetch(string option, string expected)
    {
        var prefetch = Option(option).Prefetch!;
        Assert.Equal(expected, $"{prefetch.Amount} {GoDuration.Format(prefetch.Window)} {prefetch.Percentage}%");
    }

    [Theory]
    [InlineData("serve_stale", "1h Immediate 0s ttl - recheck 0s")]
    [InlineData("serve_stale 20m", "20m Immediate 0s ttl - recheck 0s")]
    [InlineData("serve_stale 1h20m immediate", "1h20m Immediate 0s ttl - recheck 0s")]
    [InlineData("serve_stale 1h VERIFY", "1h Verify 0s ttl - recheck 0s")]
    [InlineData("serve_stale 1h verify 100ms", "1h Verify 100ms ttl - recheck 0s")]
    [InlineData("serve_stale 1h immediate 30s", "1h Immediate 0s ttl 30s recheck 0s")]
    [InlineData("serve_stale 1h immediate 30s 1m", "1h Immediate 0s ttl 30s recheck 1m")]
    [InlineData("serve_stale 1h verify 0 30s 5m", "1h Verify 0s ttl 30s recheck 5m")]
    [InlineData("serve_stale 1h\nserve_stale_policy prefer_positive", "1h Immediate 0s ttl - recheck 0s positive")]
    public void Serve_stale(string option, string expected)
    {
        var stale = Option(option).ServeStale!;
        var ttl = stale.AnswerTtl is { } given ? GoDuration.Format(given) : "-";
        Assert.Equal(expected, $"{GoDuration.Format(stale.Duration)} {stale.Mode} {GoDuration.Format(stale.VerifyTimeout)} "
            + $"ttl {ttl} recheck {GoDuration.Format(stale.FailureRecheck)}{(stale.PreferPositive ? " positive" : "")}");
    }

    [Theory]
    [InlineData("disable denial", "", ".")]
    [InlineData("disable success Example.org 10.0.0.0/24", "example.org. 0.0.10.in-addr.arpa.", "")]
    public void Disable(string option, string success, string denial)
    {
        var cache = Option(option);
        Assert.Equal((success, denial), (string.Join(' ', cache.DisableSuccess), string.Join(' ', cache.DisableDenial)));
    }

    [Theory]
    [InlineData("cache", ".")]
    [InlineData("cache 30 example.org", "example.org.")]
    [InlineData("cache a.example b.example", "a.example. b.example.")]
    public void Zones_are_those_given_or_the_blocks(string directives, string expected) =>
        Assert.Equal(expected, string.Join(' ', Corefiles.Block(directives).Cache!.Zones));

    [Fact]
    public void Keepttl() => Assert.True(Option("keepttl").KeepTtl);

    [Fact]
    public void A_small_capacity_means_1024_and_says_so()
    {
        Assert.Equal(1024, Option("success 100").SuccessCapacity);
        Assert.Equal("3: cache: success 100: a capacity below 1024 means 1024",
            Corefiles.Warnings("cache {\nsuccess 100\n}"));
    }

    [Theory]
    [InlineData("cache 0", "2: cache: 0: expected a TTL in seconds, 1 or more")]
    [InlineData("cache -1", "2: cache: -1: expected a TTL in seconds, 1 or more")]
    [InlineData("cache\ncache", "3: cache: (nothing): expected once in a block, and it is at 2 already")]
    [InlineData("cache {\nsuccess\n}", "3: cache: success: expected CAPACITY [TTL] [MINTTL]")]
    [InlineData("cache {\nsuccess 9984 0\n}", "3: cache: success 9984 0: expected a TTL in seconds, 1 or more")]
    [InlineData("cache {\nsuccess 9984 1m\n}", "3: cache: success 9984 1m: expected a TTL in seconds, 1 or more")]
    [InlineData("cache {\ndenial 9984 5 -1\n}",
        "3: cache: denial 9984 5 -1: expected a minimum TTL in seconds, 0 or more")]
    [InlineData("cache {\nprefetch -1\n}", "3: cache: prefetch -1: expected a number of hits, 0 or more")]
    [InlineData("cache {\nprefetch 1 1\n}",
        "3: cache: prefetch 1 1: expected the longest gap as a duration such as 500ms, 10s or 1h, 0s or more")]
    [InlineData("cache {\nprefetch 1 1m 95%\n}",
        "3: cache: prefetch 1 1m 95%: expected a percentage with its sign, 10% to 90%")]
    [InlineData("cache {\nprefetch 1 1m 20\n}",
        "3: cache: prefetch 1 1m 20: expected a percentage with its sign, 10% to 90%")]
    [InlineData("cache {\nservfail 10m\n}", "3: cache: servfail 10m: expected a TTL as a duration, 0s to 5m")]
    [InlineData("cache {\nservfail\n}", "3: cache: servfail: expected one duration")]
    [InlineData("cache {\nserve_stale -1h\n}", "3: cache: serve_stale -1h: expected how long stale answers are sent as a "
        + "duration such as 500ms, 10s or 1h, 0s or more")]
    [InlineData("cache {\nserve_stale 1h sometimes\n}", "3: cache: serve_stale 1h sometimes: expected [DURATION] "
        + "[immediate [TTL [RECHECK]]] or [DURATION] [verify [TIMEOUT [TTL [RECHECK]]]]")]
    [InlineData("cache {\nserve_stale 1h immediate 1.5s\n}",
        "3: cache: serve_stale 1h immediate 1.5s: expected a TTL of whole seconds")]
    [InlineData("cache {\nserve_stale 1h immediate 30s 10m\n}",
        "3: cache: serve_stale 1h immediate 30s 10m: expected a pause after failures as a duration, 0s to 5m")]
    [InlineData("cache {\nserve_stale_policy prefer_positive\n}",
        "3: cache: serve_stale_policy prefer_positive: expected serve_stale in the same cache")]
    [InlineData("cache {\nserve_stale\nserve_stale_policy other\n}",
        "4: cache: serve_stale_policy other: expected prefer_positive")]
    [InlineData("cache {\ndisable\n}", "3: cache: disable: expected success or denial, then zones")]
    [InlineData("cache {\ndisable everything\n}",
        "3: cache: disable everything: expected success or denial, then zones")]
    [InlineData("cache {\nkeepttl 30\n}", "3: cache: keepttl 30: expected nothing after it")]
    [InlineData("cache {\nnonsense\n}", "3: cache: nonsense: expected one of success, denial, prefetch, serve_stale, "
        + "serve_stale_policy, servfail, disable, keepttl")]
    public void Rejected(string directives, string expected) =>
        Assert.Equal(expected, Corefiles.Errors(directives));

    private static CacheConfig Option(string option) => Corefiles.Block($"cache {{\n{option}\n}}").Cache!;

    private static string Side(TimeSpan ttl, TimeSpan? minimum, int? capacity) =>
        $"{ttl.TotalSeconds} {(minimum is { } given ? given.TotalSeconds : "5?")}{(capacity is null ? "" : $" x{capacity}")}";
}

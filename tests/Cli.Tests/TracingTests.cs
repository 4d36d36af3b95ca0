using System.Text.Json;
using NodeDns.Cli.Installed;
using NodeDns.Cli.Tracing;

namespace NodeDns.Cli.Tests;

/// <summary>What trace and top make of what the nodes say. That they say it is tested on a real cluster.</summary>
public sealed class TracingTests
{
    private static readonly DateTimeOffset s_start = new(2026, 11, 29, 1, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Lookups_of_two_nodes_come_in_the_order_of_time_though_one_is_late()
    {
        var order = new LookupOrder();
        order.Add(At("b", 20), s_start);
        order.Add(At("a", 10), s_start.AddMilliseconds(100));
        Assert.Empty(order.Due(s_start.AddMilliseconds(299)));
        Assert.Equal(["a", "b"], order.Due(s_start.AddMilliseconds(400)).Select(lookup => lookup.Node));
        order.Add(At("a", 40), s_start.AddMilliseconds(500));
        order.Add(At("b", 30), s_start.AddMilliseconds(500));
        Assert.Equal(["b", "a"], order.Rest().Select(lookup => lookup.Node));
    }

    [Theory]
    [InlineData("""{"missed":12}""", false, 12)]
    [InlineData("a word of an older version", false, 0)]
    [InlineData("""{"client":"10.0.0.7"}""", true, 0)]
    public void A_line_is_a_lookup_or_says_how_many_are_missing(string line, bool isLookup, long missed)
    {
        Assert.Equal(isLookup, Lookup.Read("a", line, out var told) is not null);
        Assert.Equal(missed, told);
    }

    [Fact]
    public void Pods_come_and_go_and_an_address_is_that_of_the_pod_that_has_it_now()
    {
        var book = new PodBook(pod => pod.GetProperty("metadata").GetProperty("name").GetString()!.StartsWith("web", StringComparison.Ordinal));
        Assert.True(book.Note("ADDED", Pod("1", "web-1", "a", "10.0.0.7", "fd00::0:7")));
        Assert.False(book.Note("ADDED", Pod("2", "job", "a", "10.0.0.8")));
        Assert.False(book.Note("MODIFIED", Pod("1", "web-1", "a", "10.0.0.7", "fd00::0:7")));
        Assert.Equal(("shop/web-1", "shop/web-1", "shop/job", null),
            (book.NameOf("10.0.0.7"), book.NameOf("fd00::7"), book.NameOf("10.0.0.8"), book.NameOf("10.0.0.9")));
        Assert.Equal(["10.0.0.7", "fd00::7"], Assert.Single(book.Wanted()).Value);

        Assert.True(book.Note("ADDED", Pod("3", "web-2", "b", "10.0.1.7")));
        Assert.Equal(["a", "b"], book.Wanted().Keys.Order());
        Assert.True(book.Note("DELETED", Pod("1", "web-1", "a", "10.0.0.7", "fd00::0:7")));
        Assert.True(book.Note("ADDED", Pod("4", "web-3", "a", "10.0.0.7")));
        Assert.Equal("shop/web-3", book.NameOf("10.0.0.7"));
        Assert.False(book.Wants("10.0.0.8"));
    }

    [Fact]
    public void A_client_that_asks_for_ever_new_names_fills_no_memory()
    {
        var tally = new LookupTally();
        for (var i = 0; i < LookupTally.Most + 500; i++)
        {
            tally.Add($"n{i}", At("a", i));
        }

        Assert.Equal(LookupTally.Most + 1, tally.Top(int.MaxValue).Count());
        Assert.Equal(500, tally.Top(1).Single().Lookups);
    }

    [Fact]
    public void A_rate_is_the_growth_between_two_readings_and_what_was_begun_again_counts_from_nothing()
    {
        var before = new Scrape("""
            nodedns_client_queries_total{client="10.0.0.7"} 1000
            nodedns_client_queries_total{client="10.0.0.8"} 500
            nodedns_client_queries_total{client="other"} 7

            """);
        var after = new Scrape("""
            nodedns_client_nxdomain_total{client="10.0.0.7"} 1000
            nodedns_client_queries_total{client="10.0.0.7"} 2000
            nodedns_client_queries_total{client="10.0.0.8"} 50
            nodedns_client_queries_total{client="10.0.0.9"} 10
            nodedns_client_queries_total{client="other"} 7

            """);
        var rates = TopTalker.Rates("a", before, after, seconds: 5).ToDictionary(talker => talker.Client);
        Assert.Equal((200, 200), (rates["10.0.0.7"].Queries, rates["10.0.0.7"].NxDomain));
        Assert.Equal((10, 2, 0), (rates["10.0.0.8"].Queries, rates["10.0.0.9"].Queries, rates[TopTalker.Other].Queries));
    }

    private static Lookup At(string node, int milliseconds) => Lookup.Read(
        node, $$"""{"client":"10.0.0.7","time":"{{s_start.AddMilliseconds(milliseconds).UtcDateTime:O}}"}""", out _)!;

    private static JsonElement Pod(string uid, string name, string node, params string[] addresses) => JsonDocument.Parse($$"""
        {"metadata":{"uid":"{{uid}}","name":"{{name}}","namespace":"shop"},"spec":{"nodeName":"{{node}}"},
         "status":{"phase":"Running","podIPs":[{{string.Join(',', addresses.Select(address => $$"""{"ip":"{{address}}"}"""))}}]} }
        """).RootElement;
}

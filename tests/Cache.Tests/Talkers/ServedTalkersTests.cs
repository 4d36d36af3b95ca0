using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeDns.Cache.Tests.Listen;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Talkers;

/// <summary>Who asks most, as a scrape of a real server says it.</summary>
public sealed class ServedTalkersTests
{
    private const string Corefile = ".:{port} {\n bind 127.0.0.1\n cache 60\n dns64 {\n allow_ipv4\n }\n"
        + " forward . {upstream} {\n max_fails 0\n }\n}\n";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Each_lookup_that_waits_for_upstream_is_counted_for_the_address_that_asked(int workers)
    {
        using var serve = Start(workers: workers);
        for (var i = 0; i < 5; i++)
        {
            await Ask(serve, "127.0.0.1", $"n{i}.example.com.");
        }

        await Ask(serve, "127.0.0.2", "www.example.com.");
        await Ask(serve, "127.0.0.2", "broken.example.com.");
        Assert.Equal(
            [
                "nodedns_client_failures_total{client=\"127.0.0.1\"} 0", "nodedns_client_failures_total{client=\"127.0.0.2\"} 1",
                "nodedns_client_failures_total{client=\"other\"} 0",
                "nodedns_client_misses_total{client=\"127.0.0.1\"} 5", "nodedns_client_misses_total{client=\"127.0.0.2\"} 2",
                "nodedns_client_misses_total{client=\"other\"} 0",
                "nodedns_client_nxdomain_total{client=\"127.0.0.1\"} 5", "nodedns_client_nxdomain_total{client=\"127.0.0.2\"} 0",
                "nodedns_client_nxdomain_total{client=\"other\"} 0",
                "nodedns_client_queries_total{client=\"127.0.0.1\"} 5", "nodedns_client_queries_total{client=\"127.0.0.2\"} 2",
                "nodedns_client_queries_total{client=\"other\"} 0",
            ],
            Scraped(serve));
    }

    [Fact]
    public async Task A_question_that_dns64_asks_upstream_is_a_miss_of_the_client_that_made_it_ask()
    {
        using var serve = Start();
        await Ask(serve, "127.0.0.1", "www.example.com.", "AAAA");
        Assert.Contains("nodedns_client_misses_total{client=\"127.0.0.1\"} 2", Scraped(serve));
    }

    [Fact]
    public async Task Without_client_metrics_no_address_is_in_a_scrape()
    {
        using var serve = Start(clientMetrics: false);
        await Ask(serve, "127.0.0.1", "www.example.com.");
        Assert.Empty(Scraped(serve));
    }

    private static ServeHarness Start(int workers = 1, bool clientMetrics = true)
    {
        var serve = new ServeHarness(Corefile, workers, options: options => options with { ClientMetrics = clientMetrics });
        serve.Upstream.On("www.example.com.", "A", FakeAnswer.With("www.example.com. 30 IN A 192.0.2.1"));
        serve.Upstream.On("www.example.com.", "AAAA", FakeAnswer.Denial("NOERROR", "example.com. 30 IN SOA ns. mail. 1 2 3 4 30"));
        serve.Upstream.On("broken.example.com.", "A", FakeAnswer.Denial("SERVFAIL"));
        serve.Upstream.Otherwise = _ => FakeAnswer.Denial("NXDOMAIN", "example.com. 30 IN SOA ns. mail. 1 2 3 4 30");
        return serve;
    }

    private static async Task Ask(ServeHarness serve, string client, string name, string type = "A")
    {
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Parse(client), 0));
        await socket.SendAsync(DnsMessage.Query(name, type, 1).ToBytes(), serve.EndPoint);
        await socket.ReceiveAsync(ServeHarness.Patience());
    }

    private static IEnumerable<string> Scraped(ServeHarness serve)
    {
        var text = new ArrayBufferWriter<byte>();
        serve.Server.Registry.Write(text);
        return Encoding.UTF8.GetString(text.WrittenSpan).Split('\n')
            .Where(line => line.StartsWith("nodedns_client_", StringComparison.Ordinal));
    }
}

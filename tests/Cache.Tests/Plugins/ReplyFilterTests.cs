using System.Net;
using NodeDns.Cache.Plugins;
using NodeDns.Corefile;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Plugins;

public class ReplyFilterTests
{
    private static readonly string[] s_pool =
    [
        "www.example.org. 60 IN CNAME pool.example.org.",
        "pool.example.org. 30 IN A 192.0.2.1",
        "pool.example.org. 31 IN A 192.0.2.2",
        "pool.example.org. 32 IN A 192.0.2.3",
    ];

    [Fact]
    public void Loadbalance_keeps_every_record_and_the_CNAME_in_front()
    {
        var filter = new LoadbalanceFilter(new LoadbalanceConfig(), random: new Random(1));
        var orders = new HashSet<string>();
        for (var i = 0; i < 60; i++)
        {
            var reply = Apply(filter, "www.example.org.", "A", s_pool);
            string[] lines = [.. reply.Answer.Select(record => record.ToString())];
            Assert.Equal(s_pool[0], lines[0]);
            Assert.Equal(s_pool.Order(), lines.Order());
            orders.Add(string.Concat(lines));
        }
        Assert.Equal(6, orders.Count);
    }

    [Fact]
    public void Loadbalance_never_moves_an_address_to_another_owner()
    {
        var filter = new LoadbalanceFilter(new LoadbalanceConfig(), random: new Random(1));
        string[] lines =
        [
            "a.example.org. 60 IN A 192.0.2.1", "a.example.org. 60 IN A 192.0.2.2", "b.example.org. 60 IN A 192.0.2.3",
            "b.example.org. 60 IN A 192.0.2.4",
        ];
        for (var i = 0; i < 20; i++)
        {
            var reply = Apply(filter, "a.example.org.", "A", lines);
            Assert.Equal(lines.Order(), reply.Answer.Select(record => record.ToString()).Order());
        }
    }

    [Fact]
    public void Loadbalance_prefer_puts_addresses_of_its_networks_first_in_its_order()
    {
        var config = new LoadbalanceConfig
        {
            Prefer = [IPNetwork.Parse("192.0.2.3/32"), IPNetwork.Parse("192.0.2.2/31")],
        };
        for (var i = 0; i < 20; i++)
        {
            var reply = Apply(new LoadbalanceFilter(config), "www.example.org.", "A", s_pool);
            Assert.Equal(
                ["192.0.2.3", "192.0.2.2", "192.0.2.1"], reply.Answer.Skip(1).Select(record => record.Data));
        }
    }

    [Fact]
    public void Loadbalance_prefer_puts_other_records_behind_the_addresses()
    {
        var filter = new LoadbalanceFilter(new LoadbalanceConfig { Prefer = [IPNetwork.Parse("192.0.2.2/32")] });
        var reply = Apply(filter, "www.example.org.", "A",
            [.. s_pool[..2], "www.example.org. 5 IN TXT \"one\"", "www.example.org. 5 IN TXT \"two\"", s_pool[2]]);
        Assert.Equal(
            [s_pool[0], s_pool[2], s_pool[1], "www.example.org. 5 IN TXT \"one\"", "www.example.org. 5 IN TXT \"two\""],
            reply.Answer.Select(record => record.ToString()));
    }

    [Fact]
    public void Loadbalance_shuffles_MX_records_and_the_addresses_of_their_hosts()
    {
        var filter = new LoadbalanceFilter(new LoadbalanceConfig(), random: new Random(1));
        string[] servers = [.. Enumerable.Range(1, 3).Select(i => $"example.org. 60 IN MX 10 mail{i}.example.org.")];
        string[] hosts = [.. Enumerable.Range(1, 3).Select(i => $"mail{i}.example.org. 60 IN A 192.0.2.{i}")];
        var orders = new HashSet<string>();
        var hostOrders = new HashSet<string>();
        for (var i = 0; i < 60; i++)
        {
            var message = Message("example.org.", "MX", servers, []);
            message.Additional.AddRange(hosts.Select(DnsRecord.Parse));
            var reply = Filtered(filter, message);
            string[] lines = [.. reply.Answer.Select(record => record.ToString())];
            string[] hostLines = [.. reply.Additional.Select(record => record.ToString())];
            Assert.Equal(servers, lines.Order());
            Assert.Equal(hosts, hostLines.Order());
            orders.Add(string.Concat(lines));
            hostOrders.Add(string.Concat(hostLines));
        }
        Assert.Equal(6, orders.Count);
        Assert.Equal(6, hostOrders.Count);
    }

    [Fact]
    public void Loadbalance_allocates_nothing_once_it_is_warm()
    {
        var filter = new LoadbalanceFilter(new LoadbalanceConfig());
        var addresses = Message("www.example.org.", "A", s_pool, []).ToBytes();
        var servers = Message("a.", "MX", ["a. 1 IN MX 1 b.a.", "a. 1 IN MX 2 c.a.", "a. 1 IN MX 3 d.a."], []).ToBytes();
        void Both()
        {
            filter.Apply(addresses, addresses.Length);
            filter.Apply(servers, servers.Length);
        }
        for (var i = 0; i < 200; i++)
        {
            Both();
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 2000; i++)
        {
            Both();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - allocated);
    }

    [Fact]
    public void Loadbalance_brings_CNAMEs_to_the_front()
    {
        var reply = Apply(
            new LoadbalanceFilter(new LoadbalanceConfig()), "www.example.org.", "A", [s_pool[1], s_pool[0]]);
        Assert.Equal([s_pool[0], s_pool[1]], reply.Answer.Select(record => record.ToString()));
    }

    [Fact]
    public void Loadbalance_shuffles_every_address_of_a_large_answer()
    {
        var filter = new LoadbalanceFilter(new LoadbalanceConfig(), random: new Random(1));
        string[] many = [.. Enumerable.Range(0, 500).Select(i => $"many.example. 60 IN A 10.0.{i / 250}.{i % 250}")];
        var reply = Apply(filter, "many.example.", "A", many);
        string[] lines = [.. reply.Answer.Select(record => record.ToString())];
        Assert.NotEqual(many[450..], lines[450..]);
        Assert.Equal(many.Order(), lines.Order());
    }

    [Fact]
    public void Loadbalance_leaves_errors_and_single_addresses_alone()
    {
        var filter = new LoadbalanceFilter(new LoadbalanceConfig());
        var before = Message("a.", "A", ["a. 1 IN A 192.0.2.1"], []).ToBytes();
        byte[] after = [.. before];
        Assert.Equal(before.Length, filter.Apply(after, after.Length));
        Assert.Equal(before, after);
    }

    [Fact]
    public void Minimal_leaves_a_positive_answer_its_answer_section_only()
    {
        var message = Message(
            "www.example.org.", "A", s_pool, ["example.org. 60 IN NS ns.example.org."]);
        message.Additional.Add(DnsRecord.Parse("ns.example.org. 60 IN A 192.0.2.53"));
        var octets = message.ToBytes();
        var length = new MinimalFilter().Apply(octets, octets.Length);
        var reply = DnsMessage.Parse(octets.AsSpan(0, length));
        Assert.Equal(s_pool, reply.Answer.Select(record => record.ToString()));
        Assert.Empty(reply.Authority);
        Assert.Empty(reply.Additional);
    }

    [Fact]
    public void Minimal_passes_denials_and_delegations_unchanged()
    {
        foreach (var authority in new[]
        {
            "example.org. 60 IN SOA ns.example.org. root.example.org. 1 2 3 4 5", "example.org. 60 IN NS ns.example.org.",
        })
        {
            var octets = Message("www.example.org.", "A", [], [authority]).ToBytes();
            Assert.Equal(octets.Length, new MinimalFilter().Apply(octets, octets.Length));
        }
    }

    private static DnsMessage Apply(LoadbalanceFilter filter, string name, string type, string[] answer) =>
        Filtered(filter, Message(name, type, answer, []));

    private static DnsMessage Filtered(LoadbalanceFilter filter, DnsMessage message)
    {
        var octets = message.ToBytes();
        var length = filter.Apply(octets, octets.Length);
        return DnsMessage.Parse(octets.AsSpan(0, length));
    }

    private static DnsMessage Message(string name, string type, string[] answer, string[] authority)
    {
        var message = DnsMessage.ReplyTo(DnsMessage.Query(name, type));
        message.Answer.AddRange(answer.Select(DnsRecord.Parse));
        message.Authority.AddRange(authority.Select(DnsRecord.Parse));
        return message;
    }
}

using System.Net;
using NodeDns.Cache.Plugins;
using NodeDns.Cache.Tests.Corefile;
using NodeDns.Corefile;
using NodeDns.Telemetry;
using Xunit;

namespace NodeDns.Cache.Tests.Plugins;

public sealed class HostsPluginTests : IDisposable
{
    private readonly MetricRegistry _registry = new();
    private readonly MemoryStream _output = new();
    private readonly StderrLogger _logs;
    private readonly string _file = Path.GetTempFileName();

    public HostsPluginTests()
    {
        _logs = new StderrLogger(_output);
        File.WriteAllText(
            _file,
            """
            # comment
            10.0.0.1 One.example.org one   # canonical first
            10.0.0.2	one.example.org
            fd00::1 one.example.org
            fe80::1%eth0 link.example.org
            10.0.0.9 *.apps.example.org
            nonsense
            10.0.0.3 bad..name
            010.0.0.4 oct.example.org
            10.0.0 short.example.org
            167772166 number.example.org
            """);
    }

    public void Dispose()
    {
        File.Delete(_file);
        _logs.Dispose();
    }

    [Theory]
    [InlineData("ONE.example.org.", "A", "10.0.0.1 10.0.0.2")]
    [InlineData("one.example.org.", "AAAA", "fd00::1")]
    [InlineData("one.", "A", "10.0.0.1")]
    [InlineData("one.", "AAAA", "")]
    [InlineData("one.example.org.", "MX", "")]
    [InlineData("link.example.org.", "AAAA", "fe80::1")]
    [InlineData("x.apps.example.org.", "A", "10.0.0.9")]
    [InlineData("inline.example.org.", "A", "10.0.0.20")]
    [InlineData("1.0.0.10.in-addr.arpa.", "PTR", "one.example.org. one.")]
    [InlineData("20.0.0.10.in-addr.arpa.", "PTR", "inline.example.org.")]
    [InlineData(
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa.", "PTR", "one.example.org.")]
    public void Known_names_are_answered_with_authority(string name, string type, string data)
    {
        var reply = new Asked(name, type).Of(Hosts())!;
        Assert.Equal(data, string.Join(' ', reply.Answer.Select(record => record.Data)));
        Assert.Equal("NOERROR", reply.RcodeText);
        Assert.True(reply.Aa);
        Assert.All(reply.Answer, record => Assert.Equal(3600u, record.TtlSeconds));
    }

    [Theory]
    [InlineData("two.example.org.", "A")]
    [InlineData("a.b.apps.example.org.", "A")]
    public void Unknown_name_without_fallthrough_is_SERVFAIL(string name, string type) =>
        Assert.Equal("SERVFAIL", new Asked(name, type).Of(Hosts())!.RcodeText);

    [Fact]
    public void Fallthrough_lets_unknown_names_of_its_zones_go_on()
    {
        var plugin = Hosts(config => config with { Fallthrough = ["example.org."] });
        Assert.Null(new Asked("two.example.org.", "A").Of(plugin));
        Assert.Equal("SERVFAIL", new Asked("two.example.com.", "A").Of(plugin)!.RcodeText);
        Assert.NotNull(new Asked("one.example.org.", "MX").Of(plugin));
        plugin = Hosts(config => config with { Fallthrough = ["."], FallthroughUnsupported = true });
        Assert.Null(new Asked("one.example.org.", "MX").Of(plugin));
    }

    [Fact]
    public void File_of_a_ConfigMap_is_read_again_when_its_links_turn()
    {
        var folder = Directory.CreateTempSubdirectory("nodedns-hosts-").FullName;
        try
        {
            foreach ((var version, var address) in (ReadOnlySpan<(string, string)>)[("v1", "10.0.0.1"), ("v2", "10.0.0.2")])
            {
                Directory.CreateDirectory(Path.Combine(folder, version));
                File.WriteAllText(Path.Combine(folder, version, "hosts"), $"{address} a.example\n");
                File.SetLastWriteTimeUtc(Path.Combine(folder, version, "hosts"), new DateTime(2026, 1, version[1] - '0'));
            }
            string data = Path.Combine(folder, "..data"), file = Path.Combine(folder, "hosts");
            File.CreateSymbolicLink(data, "v1");
            File.CreateSymbolicLink(file, "..data/hosts");
            var plugin = new HostsPlugin(
                new HostsConfig { Path = file, Zones = ["."] }, _registry, _logs.CreateLogger("plugin/hosts"));
            Assert.Equal("10.0.0.1", Assert.Single(new Asked("a.example.", "A").Of(plugin)!.Answer).Data);
            File.Delete(data);
            File.CreateSymbolicLink(data, "v2");
            plugin.Poll();
            Assert.Equal("10.0.0.2", Assert.Single(new Asked("a.example.", "A").Of(plugin)!.Answer).Data);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Names_outside_its_zones_go_on_and_are_not_read()
    {
        var plugin = Hosts(config => config with { Zones = ["example.org."] });
        Assert.Null(new Asked("one.", "A").Of(plugin));
        Assert.Equal(
            "one.example.org.", Assert.Single(new Asked("1.0.0.10.in-addr.arpa.", "PTR").Of(plugin)!.Answer).Data);
    }

    [Theory]
    [InlineData("1.0.0.10.in-addr.arpa.", true)]
    [InlineData("1.0.0.0.0.0.a.0.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.", true)]
    [InlineData("01.0.0.10.in-addr.arpa.", false)]
    [InlineData("+1.0.0.10.in-addr.arpa.", false)]
    [InlineData("1.0.00.10.in-addr.arpa.", false)]
    [InlineData("257.0.0.10.in-addr.arpa.", false)]
    [InlineData("1.0.0.10.0.in-addr.arpa.", false)]
    [InlineData("0.0.10.in-addr.arpa.", false)]
    public void A_reverse_name_is_an_address_as_any_other(string name, bool expected) =>
        Assert.Equal(expected, new Asked(name, "PTR").Of(Hosts()) is not null);

    [Fact]
    public void Unknown_PTR_goes_on_and_no_reverse_has_none()
    {
        Assert.Null(new Asked("9.9.9.9.in-addr.arpa.", "PTR").Of(Hosts()));
        Assert.Null(new Asked("1.0.0.10.in-addr.arpa.", "PTR").Of(Hosts(config => config with { Reverse = false })));
    }

    [Fact]
    public void Ttl_is_the_configured_one() =>
        Assert.Equal(5u, new Asked("one.", "A").Of(Hosts(config => config with { TtlSeconds = 5 }))!.Answer[0].TtlSeconds);

    [Fact]
    public void Changed_file_is_read_again_and_a_lost_one_keeps_the_old_entries()
    {
        var plugin = Hosts();
        File.WriteAllText(_file, "10.9.9.9 two.example.org\n");
        plugin.Poll();
        Assert.Equal("10.9.9.9", new Asked("two.example.org.", "A").Of(plugin)!.Answer[0].Data);
        Assert.Equal("SERVFAIL", new Asked("one.example.org.", "A").Of(plugin)!.RcodeText);
        File.Delete(_file);
        plugin.Poll();
        plugin.Poll();
        Assert.Equal("10.9.9.9", new Asked("two.example.org.", "A").Of(plugin)!.Answer[0].Data);
        var log = System.Text.Encoding.UTF8.GetString(_output.ToArray());
        Assert.Equal(1, log.Split("it does not exist").Length - 1);
    }

    [Fact]
    public void Bad_lines_are_named_and_skipped()
    {
        Hosts();
        var log = System.Text.Encoding.UTF8.GetString(_output.ToArray());
        Assert.Contains($"[WARNING] plugin/hosts: {_file}:7: expected an address and at least one name", log);
        Assert.Contains($"{_file}:8: bad..name is no domain name", log);
        // What inet_aton would take.
        Assert.All(
            new[] { 9, 10, 11 },
            line => Assert.Contains($"{_file}:{line}: expected an address and at least one name", log));
    }

    /// <summary>Both are read by one reader in CoreDNS, so both are the same here.</summary>
    [Theory]
    [InlineData("::ffff:10.0.0.1 a.example", "A", "10.0.0.1")]
    [InlineData("::FFFF:a00:1 a.example", "A", "10.0.0.1")]
    [InlineData("0:0:0:0:0:ffff:10.0.0.1 a.example", "A", "10.0.0.1")]
    [InlineData("::ffff:10.0.0.1%eth0 a.example", "A", "10.0.0.1")]
    [InlineData("::10.0.0.1 a.example", "AAAA", "::10.0.0.1")]
    [InlineData("64:ff9b::10.0.0.1 a.example", "AAAA", "64:ff9b::a00:1")]
    [InlineData("fe80::1%eth0 a.example", "AAAA", "fe80::1")]
    [InlineData("10.0.0.1 A.Example.", "A", "10.0.0.1")]
    [InlineData("10.0.0.1 other A.example # a.example", "A", "10.0.0.1")]
    [InlineData("10.0.0.1 a.example#comment", "A", "10.0.0.1")]
    [InlineData("10.0.0.1 bad..name a.example", "A", "10.0.0.1")]
    [InlineData("10.0.0.1 *.example", "A", "10.0.0.1")]
    [InlineData("010.0.0.1 a.example", "A", null)]
    [InlineData("::ffff:010.0.0.1 a.example", "A", null)]
    [InlineData("::ffff:10.0.1 a.example", "A", null)]
    [InlineData("[::1] a.example", "AAAA", null)]
    [InlineData("10.0.0.1:53 a.example", "A", null)]
    [InlineData("10.0.0.1", "A", null)]
    public void An_entry_is_the_same_in_a_file_and_in_the_block(string line, string type, string? data)
    {
        File.WriteAllText(_file, line + "\n");
        foreach (var hosts in new[] { $"hosts {_file}", $"hosts /nonexistent {{\n{line}\n}}" })
        {
            var plugin = new HostsPlugin(
                Corefiles.Block(hosts).Hosts! with { Fallthrough = ["."] }, _registry, _logs.CreateLogger("plugin/hosts"));
            var reply = new Asked("a.example.", type).Of(plugin);
            Assert.Equal(data, reply is null ? null : string.Join(' ', reply.Answer.Select(record => record.Data)));
            var isKnown = data is { Length: > 0 } && type == "A" && !line.Contains('*');
            Assert.Equal(isKnown, new Asked("1.0.0.10.in-addr.arpa.", "PTR").Of(plugin) is not null);
        }
    }

    [Fact]
    public void Entries_are_counted_with_their_reverse_names()
    {
        Hosts();
        // Of the file: 5 addresses of names, 1 wildcard, 5 reverse names; inline: 1 and 1.
        Assert.Contains($"coredns_hosts_entries{{hostsfile=\"{_file}\"}} 13\n", Asked.Scrape(_registry));
    }

    private HostsPlugin Hosts(Func<HostsConfig, HostsConfig>? change = null)
    {
        var config = new HostsConfig
        {
            Path = _file,
            Zones = ["."],
            Inline = [new HostEntry(IPAddress.Parse("10.0.0.20"), ["inline.example.org."])],
        };
        return new HostsPlugin(change?.Invoke(config) ?? config, _registry, _logs.CreateLogger("plugin/hosts"));
    }
}

using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

public sealed class CorefileValidatorTests
{
    [Theory]
    [InlineData(". {\nwhoami\n}\n. {\nwhoami\n}", "4: zone: .:53: expected once on each address, and Corefile:1 serves it already")]
    [InlineData("a a {\nwhoami\n}", "1: zone: a.:53: expected once on each address, and Corefile:1 serves it already")]
    [InlineData(". {\nwhoami\n}\n. {\nbind 127.0.0.1\n}",
        "4: zone: .:53: expected once on each address, and Corefile:1 serves it already")]
    [InlineData(". {\nbind 127.0.0.1\n}\n. {\nbind 127.0.0.2 127.0.0.1\n}",
        "4: zone: .:53: expected once on each address, and Corefile:1 serves it on 127.0.0.1 already")]
    [InlineData("10.0.0.0/23 {\nwhoami\n}\n10.0.1.0/24 {\nwhoami\n}",
        "4: zone: 1.0.10.in-addr.arpa.:53: expected once on each address, and Corefile:1 serves it already")]
    public void A_zone_is_served_once_on_each_address(string text, string expected) =>
        Assert.Equal(expected.Replace("Corefile:", "", StringComparison.Ordinal),
            Corefiles.Text(Corefiles.Load(text).Errors));

    [Theory]
    [InlineData(". {\nwhoami\n}\n.:54 {\nwhoami\n}")]
    [InlineData(". {\nbind 127.0.0.1\n}\n. {\nbind 127.0.0.2\n}")]
    [InlineData(". {\nwhoami\n}\na {\nwhoami\n}")]
    [InlineData("tls://.:53 {\nwhoami\n}\n. {\nwhoami\n}")]
    [InlineData("grpc://. {\nwhoami\n}\nhttps://. {\nwhoami\n}")]
    public void Other_ports_addresses_and_zones_do_not_clash(string text) => Corefiles.Good(text);

    [Theory]
    [InlineData("tls://a:53 {\nwhoami\n}\n. {\nwhoami\n}", 1, 4)]
    [InlineData(". {\nbind 127.0.0.1\n}\ntls://a:53 {\nbind 127.0.0.1 127.0.0.2\n}", 4, 1)]
    public void A_tls_zone_on_the_port_of_others_gets_a_warning(string text, int line, int other) => Assert.Contains(
        $"{line}: zone: tls://a.:53: is served over UDP too, for {other} has port 53 without tls://; a name of both is answered by "
        + "the block that stands first", Corefiles.Text(Corefiles.Load(text).Warnings), StringComparison.Ordinal);

    [Fact]
    public void Blocks_that_bind_differently_on_one_port_get_a_warning()
    {
        var result = Corefiles.Load(". {\nbind 127.0.0.1\nwhoami\n}\na {\nwhoami\n}");
        Assert.Equal("5: bind: every address: differs from 127.0.0.1 of 1 on port 53: each address serves only the zones "
            + "bound to it, and refuses other names", Corefiles.Text(result.Warnings));
        Assert.NotNull(result.Config);
    }

    [Theory]
    [InlineData("bind 169.254.20.10\nforward . 169.254.20.10", "3: forward: 169.254.20.10:53")]
    [InlineData("forward . 127.0.0.1", "2: forward: 127.0.0.1:53")]
    [InlineData("bind 0.0.0.0\nforward . 192.0.2.1 127.0.0.1", "3: forward: 127.0.0.1:53")]
    [InlineData("bind ::\nforward . ::1", "3: forward: [::1]:53")]
    public void A_block_does_not_forward_to_itself(string directives, string expected) => Assert.Equal(
        expected + ": expected another server: this is an address the block itself listens on",
        Corefiles.Errors(directives));

    [Theory]
    [InlineData("bind 169.254.20.10\nforward . 127.0.0.1")]
    [InlineData("bind 169.254.20.10\nforward . 169.254.20.10:1053")]
    [InlineData("bind 127.0.0.1\nforward . tls://127.0.0.1")]
    public void Other_servers_on_the_same_node_are_fine(string directives) => Corefiles.Block(directives);
}

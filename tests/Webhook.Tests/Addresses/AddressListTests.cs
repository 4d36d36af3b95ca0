using NodeDns.Addresses;

namespace NodeDns.Webhook.Tests.Addresses;

/// <summary>Addresses as texts are the same when they are the same address.</summary>
public sealed class AddressListTests
{
    [Theory]
    [InlineData("fd00:20::10", "FD00:20::10", true)]
    [InlineData("fd00:20::10", "fd00:20:0:0:0:0:0:10", true)]
    [InlineData("fd00:20::10", "fd00:0020:0::0010", true)]
    [InlineData("::ffff:10.0.0.4", "10.0.0.4", true)]
    [InlineData("::ffff:a00:4", "10.0.0.4", true)]
    [InlineData("fe80::1%eth0", "FE80:0::1%eth0", true)]
    [InlineData("fe80::1%eth0", "fe80::1%eth1", false)]
    [InlineData("fe80::1%eth0", "fe80::1", false)]
    [InlineData("fd00:20::10", "fd00:20::1", false)]
    [InlineData("010.0.0.4", "10.0.0.4", false)]
    [InlineData("a:b", "A:B", false)]
    [InlineData("kube-dns", "kube-dns", true)]
    [InlineData("", null, false)]
    public void Spelling_makes_no_difference_to_an_address(string one, string? other, bool same)
    {
        AddressList list = [one];
        Assert.Equal(same, list.Contains(other));
        Assert.Equal(same, AddressText.AreSame(other, one));
    }

    [Fact]
    public void An_address_is_kept_once_as_it_came_first()
    {
        AddressList list = ["FD00:20::10", "fd00:20:0:0::10", "10.0.0.4", "fd00:20::10", "10.0.0.4"];
        Assert.Equal(["FD00:20::10", "10.0.0.4"], list);
    }
}

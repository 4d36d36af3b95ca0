using NodeDns.Cache.Serve;
using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Tests.Serve;

public sealed class UpstreamNamesTests
{
    [Fact]
    public void A_name_has_the_addresses_of_both_families_that_its_resolver_gives()
    {
        using var resolver = new FakeUpstream { Otherwise = _ => FakeAnswer.Denial("NXDOMAIN") };
        resolver.On("dns.example.", "A", FakeAnswer.With("dns.example. 60 IN A 192.0.2.7", "dns.example. 60 IN A 192.0.2.8"));
        resolver.On("dns.example.", "AAAA", FakeAnswer.With("dns.example. 60 IN AAAA 2001:db8::7"));
        Assert.Equal("192.0.2.7 192.0.2.8 2001:db8::7",
            string.Join(' ', UpstreamNames.Lookup("dns.example.", [resolver.EndPoint])));
        Assert.Empty(UpstreamNames.Lookup("other.example.", [resolver.EndPoint]));
    }
}

using System.Collections.Immutable;
using System.Net;
using NodeDns.Dns.Records;

namespace NodeDns.Corefile;

/// <summary>resolv.conf(5): what forward and the look-up of upstreams take from it.</summary>
/// <param name="Nameservers">In order. A scope (fe80::1%eth0) is dropped, as CoreDNS drops it.</param>
/// <param name="Ignored">nameserver lines whose address cannot be read, by line number.</param>
public sealed record ResolvConf(ImmutableArray<IPAddress> Nameservers, ImmutableArray<(int Line, string Text)> Ignored)
{
    public static ResolvConf Parse(string text)
    {
        var servers = ImmutableArray.CreateBuilder<IPAddress>();
        var ignored = ImmutableArray.CreateBuilder<(int, string)>();
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var words = line.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || words[0] != "nameserver")
            {
                continue;
            }

            var percent = words[1].IndexOf('%');
            if (AddressText.TryAddress(percent < 0 ? words[1] : words[1].AsSpan(0, percent), out var address))
            {
                servers.Add(address);
            }
            else
            {
                ignored.Add((number, words[1]));
            }
        }

        return new(servers.ToImmutable(), ignored.ToImmutable());
    }
}

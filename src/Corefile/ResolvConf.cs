using System.Collections.Immutable;
using NodeDns.Dns.Records;

namespace NodeDns.Corefile;

/// <summary>resolv.conf(5): what forward and the look-up of upstreams take from it.</summary>
/// <param name="Nameservers">In order.</param>
/// <param name="Ignored">nameserver lines whose address cannot be read, by line number.</param>
public sealed record ResolvConf(ImmutableArray<ScopedAddress> Nameservers, ImmutableArray<(int Line, string Text)> Ignored)
{
    public static ResolvConf Parse(string text)
    {
        var servers = ImmutableArray.CreateBuilder<ScopedAddress>();
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

            if (AddressText.TryScoped(words[1], out var address))
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

using System.Collections.Immutable;
using NodeDns.Dns.Records;

namespace NodeDns.Corefile;

/// <summary>The parts of resolv.conf(5) that forward and the look-up of upstreams use.</summary>
/// <param name="Nameservers">The servers, in the order of the file.</param>
/// <param name="Ignored">The nameserver lines with an invalid address, by line number.</param>
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

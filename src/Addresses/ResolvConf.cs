using System.Collections.Immutable;

namespace NodeDns.Addresses;

/// <summary>The lines of resolv.conf(5) that say whom to ask, and which names to try.</summary>
/// <param name="Nameservers">The servers, in the order of the file.</param>
/// <param name="Searches">The search domains of the last search line, which is the one that C libraries use.</param>
/// <param name="Ignored">The nameserver lines with an invalid address, by line number.</param>
public sealed record ResolvConf(
    ImmutableArray<ScopedAddress> Nameservers, ImmutableArray<string> Searches, ImmutableArray<(int Line, string Text)> Ignored)
{
    public static ResolvConf Parse(string text)
    {
        var servers = ImmutableArray.CreateBuilder<ScopedAddress>();
        var ignored = ImmutableArray.CreateBuilder<(int, string)>();
        ImmutableArray<string> searches = [];
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            switch (line.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            {
                case ["nameserver", var server, ..] when AddressText.TryScoped(server, out var address):
                    servers.Add(address);
                    break;
                case ["nameserver", var server, ..]:
                    ignored.Add((number, server));
                    break;
                case ["search", .. var domains]:
                    searches = [.. domains];
                    break;
            }
        }

        return new(servers.ToImmutable(), searches, ignored.ToImmutable());
    }
}

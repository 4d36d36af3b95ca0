using System.Collections.Immutable;
using System.Net;
using NodeDns.Addresses;

namespace NodeDns.Corefile;

/// <summary>Parses the format of hosts(5), in a file or in a block: an address, then names.</summary>
public static class HostsText
{
    /// <summary>The words of a line; <c>#</c> starts a comment.</summary>
    public static string[] Words(string line)
    {
        var comment = line.IndexOf('#', StringComparison.Ordinal);
        return (comment < 0 ? line : line[..comment]).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Parses an address. An IPv6 scope, as in fe80::1%lo, is dropped because it means nothing to a
    /// client.</summary>
    public static bool TryAddress(string word, out IPAddress address)
    {
        var percent = word.IndexOf('%');
        return AddressText.TryAddress(percent < 0 ? word : word.AsSpan(0, percent), out address);
    }

    /// <summary>False when there are too few words, when the first is not an address, or when no name is in the
    /// zones.</summary>
    public static bool TryEntry(ReadOnlySpan<string> words, ImmutableArray<string> zones, out HostEntry entry)
    {
        entry = null!;
        if (words.Length < 2)
        {
            return false;
        }

        if (!TryAddress(words[0], out var address))
        {
            return false;
        }

        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var word in words[1..])
        {
            if (DomainName.TryNormalize(word, out var name) && zones.Any(zone => DomainName.IsWithin(name, zone)))
            {
                names.Add(name);
            }
        }

        entry = new(address, names.ToImmutable());
        return names.Count > 0;
    }
}

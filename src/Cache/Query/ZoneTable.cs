using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>The zones of one listen address. Finds the longest zone that a name is in.</summary>
/// <remarks>Usually there are only a few zones, so they are tried in turn, longest first. Comparing the ends of two
/// short spans takes about 3 ns, which is less than hashing one label. Above <see cref="LinearMaximum"/> zones (CIDR
/// reverse zones, many stub domains) a hash table is used.</remarks>
internal sealed class ZoneTable
{
    private const int LinearMaximum = 12;

    private readonly ZoneModel[] _longestFirst;
    private readonly Dictionary<byte[], ZoneModel>.AlternateLookup<ReadOnlySpan<byte>>? _byName;

    public ZoneTable(IEnumerable<ZoneModel> zones)
    {
        _longestFirst = [.. zones.OrderByDescending(zone => zone.Name.Length)];
        if (_longestFirst.Length <= LinearMaximum)
        {
            return;
        }

        var byName = new Dictionary<byte[], ZoneModel>(NameComparer.Instance);
        foreach (var zone in _longestFirst)
        {
            byName.TryAdd(zone.Name, zone);
        }

        _byName = byName.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public IReadOnlyList<ZoneModel> Zones => _longestFirst;

    /// <param name="name">The name in lower-case wire form.</param>
    public ZoneModel? Find(ReadOnlySpan<byte> name)
    {
        if (_byName is { } byName)
        {
            while (true)
            {
                if (byName.TryGetValue(name, out var found))
                {
                    return found;
                }

                if (name[0] == 0)
                {
                    return null;
                }

                name = name[(name[0] + 1)..];
            }
        }
        foreach (var zone in _longestFirst)
        {
            if (DnsName.IsWithin(name, zone.Name))
            {
                return zone;
            }
        }

        return null;
    }

    /// <summary>Finds the zone for a DS query. DS records belong to the parent side of a zone cut (RFC 4035 section
    /// 3.1.4.1), so this is the zone of the name's parent if there is one, as in CoreDNS.</summary>
    public ZoneModel? FindForDs(ReadOnlySpan<byte> name)
    {
        var own = Find(name);
        if (own is null || name[0] == 0 || !name.SequenceEqual(own.Name))
        {
            return own;
        }

        return Find(name[(name[0] + 1)..]) ?? own;
    }
}

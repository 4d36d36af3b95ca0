using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>The zones of a directive. Finds the longest zone that a name is in.</summary>
internal sealed class NameSet
{
    private readonly byte[][] _zones;
    private readonly string[] _texts;

    public NameSet(IEnumerable<string> zones)
    {
        // Longest first, so that the first match is the longest.
        _texts = [.. zones.OrderByDescending(zone => zone.Length)];
        _zones = [.. _texts.Select(DnsName.ParseLower)];
    }

    public bool IsEmpty => _zones.Length == 0;

    public bool Contains(ReadOnlySpan<byte> name) => Longest(name) is not null;

    /// <summary>The longest zone that a lower-case wire name is in, as text with its final dot; null when there is
    /// none.</summary>
    public string? Longest(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < _zones.Length; i++)
        {
            if (DnsName.IsWithin(name, _zones[i]))
            {
                return _texts[i];
            }
        }
        return null;
    }
}

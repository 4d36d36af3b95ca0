using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>The entries of hosts: addresses by name, and names by address. Filled once, then read by all
/// workers.</summary>
internal sealed class HostsTable
{
    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

    private readonly Dictionary<byte[], Addresses> _exact = new(NameComparer.Instance);

    /// <summary>The names that start with <c>*</c>, as written.</summary>
    private readonly Dictionary<byte[], Addresses> _wildcards = new(NameComparer.Instance);

    /// <summary>The names by the octets of their address.</summary>
    private readonly Dictionary<byte[], List<byte[]>> _reverse = new(NameComparer.Instance);
    private ulong _sum = FnvOffset;

    /// <summary>The addresses as octets, in the order of the file.</summary>
    public sealed class Addresses
    {
        public List<byte[]> V4 { get; } = [];

        public List<byte[]> V6 { get; } = [];
    }

    /// <summary>The number of addresses and reverse names together, as CoreDNS counts entries.</summary>
    public int Count { get; private set; }

    /// <summary>A hash of the entries and their order (FNV-1a).</summary>
    public string Identity => _sum.ToString("x16", CultureInfo.InvariantCulture);

    /// <param name="name">The name as written. Names outside <paramref name="zones"/> are ignored.</param>
    /// <returns>false when this is not a domain name.</returns>
    public bool Add(IPAddress address, string name, NameSet zones, bool reverse)
    {
        if (DnsName.Parse(name) is not { } wire)
        {
            return false;
        }

        DnsName.ToLower(wire, wire);
        if (!zones.Contains(wire))
        {
            return true;
        }

        var isWildcard = wire is [1, (byte)'*', ..];
        var names = isWildcard ? _wildcards : _exact;
        if (!names.TryGetValue(wire, out var addresses))
        {
            names[wire] = addresses = new Addresses();
        }

        var octets = address.GetAddressBytes();
        (octets.Length == 4 ? addresses.V4 : addresses.V6).Add(octets);
        Count++;
        Sum(wire);
        Sum(octets);
        if (isWildcard || !reverse)
        {
            return true;
        }

        if (!_reverse.TryGetValue(octets, out var known))
        {
            _reverse[octets] = known = [];
        }

        known.Add(wire);
        Count++;
        return true;
    }

    /// <summary>The addresses of a lower-case wire name. A wildcard stands for exactly one label.</summary>
    public Addresses? Find(ReadOnlySpan<byte> name)
    {
        if (_exact.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var found))
        {
            return found;
        }

        if (_wildcards.Count == 0 || name.Length < 2)
        {
            return null;
        }

        var parent = name[(name[0] + 1)..];
        Span<byte> pattern = stackalloc byte[parent.Length + 2];
        pattern[0] = 1;
        pattern[1] = (byte)'*';
        parent.CopyTo(pattern[2..]);
        return _wildcards.GetAlternateLookup<ReadOnlySpan<byte>>().GetValueOrDefault(pattern);
    }

    /// <param name="address">4 or 16 octets.</param>
    public ReadOnlySpan<byte[]> NamesOf(ReadOnlySpan<byte> address) =>
        _reverse.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(address, out var names)
            ? CollectionsMarshal.AsSpan(names)
            : [];

    private void Sum(byte[] octets)
    {
        foreach (var octet in octets)
        {
            _sum = (_sum ^ octet) * FnvPrime;
        }
    }
}

file static class Lookups
{
    public static HostsTable.Addresses? GetValueOrDefault(
        this Dictionary<byte[], HostsTable.Addresses>.AlternateLookup<ReadOnlySpan<byte>> lookup,
        ReadOnlySpan<byte> key) => lookup.TryGetValue(key, out var value) ? value : null;
}

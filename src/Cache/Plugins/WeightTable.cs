using System.Collections.Immutable;
using NodeDns.Corefile;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>Weights by owner name and address. Filled once, then read by all workers.</summary>
internal sealed class WeightTable
{
    /// <summary>The weight of an address that is not in the file.</summary>
    public const byte Default = 1;

    private readonly Dictionary<byte[], List<(byte[] Address, byte Weight)>> _names = new(NameComparer.Instance);

    /// <param name="weights">The weights of the file. For a name, the first entry of an address counts.</param>
    public WeightTable(ImmutableArray<AddressWeight> weights)
    {
        foreach (var weight in weights)
        {
            if (DnsName.Parse(weight.Name) is not { } name)
            {
                continue;
            }

            DnsName.ToLower(name, name);
            if (!_names.TryGetValue(name, out List<(byte[], byte)>? addresses))
            {
                _names[name] = addresses = [];
            }

            addresses.Add((weight.Address.GetAddressBytes(), weight.Weight));
        }
    }

    /// <param name="name">Lower case, uncompressed.</param>
    public byte Of(ReadOnlySpan<byte> name, ReadOnlySpan<byte> address)
    {
        if (_names.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out List<(byte[], byte)>? addresses))
        {
            foreach ((var known, var weight) in addresses)
            {
                if (address.SequenceEqual(known))
                {
                    return weight;
                }
            }
        }
        return Default;
    }
}

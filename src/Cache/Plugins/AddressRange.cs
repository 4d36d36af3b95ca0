using System.Net;

namespace NodeDns.Cache.Plugins;

/// <summary>A network in octets, to hold an address of the wire against without making an object of it.</summary>
internal readonly struct AddressRange(IPNetwork network)
{
    private readonly byte[] _base = network.BaseAddress.GetAddressBytes();
    private readonly int _prefixLength = network.PrefixLength;

    /// <param name="address">4 or 16 octets; the families never match each other.</param>
    public bool Contains(ReadOnlySpan<byte> address)
    {
        if (address.Length != _base.Length)
        {
            return false;
        }

        int whole = _prefixLength / 8, rest = _prefixLength % 8;
        if (!address[..whole].SequenceEqual(_base.AsSpan(0, whole)))
        {
            return false;
        }

        return rest == 0 || (address[whole] ^ _base[whole]) >> (8 - rest) == 0;
    }
}

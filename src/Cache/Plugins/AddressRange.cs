using System.Net;

namespace NodeDns.Cache.Plugins;

/// <summary>A network as octets, so that an address from the wire can be compared without creating an object.</summary>
internal readonly struct AddressRange(IPNetwork network)
{
    private readonly byte[] _base = network.BaseAddress.GetAddressBytes();
    private readonly int _prefixLength = network.PrefixLength;

    /// <param name="address">4 or 16 octets. An IPv4 network never contains an IPv6 address, and vice versa.</param>
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

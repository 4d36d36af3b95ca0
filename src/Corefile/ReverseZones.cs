using System.Collections.Immutable;
using System.Globalization;
using NodeDns.Addresses;

namespace NodeDns.Corefile;

/// <summary>Converts a network to reverse zones: 10.0.0.0/24 is 0.0.10.in-addr.arpa.</summary>
/// <remarks>A network whose prefix ends inside a label becomes several zones that are one label longer: 10.0.0.0/23 is
/// 0.0.10 and 1.0.10.</remarks>
internal static class ReverseZones
{
    /// <summary>Returns false when the text is not a network. Bits after the prefix are ignored.</summary>
    public static bool TryRead(string text, out ImmutableArray<string> zones)
    {
        zones = [];
        if (!AddressText.TryNetwork(text, single: false, out var network))
        {
            return false;
        }

        var bytes = network.BaseAddress.GetAddressBytes();
        zones = bytes.Length == 4
            ? Read(bytes, network.PrefixLength, 8, "in-addr.arpa.")
            : Read(bytes, network.PrefixLength, 4, "ip6.arpa.");
        return true;
    }

    /// <summary>True when the zone, which is normalized, holds names of addresses.</summary>
    public static bool IsReverse(string zone) =>
        DomainName.IsWithin(zone, "in-addr.arpa.") || DomainName.IsWithin(zone, "ip6.arpa.");

    private static ImmutableArray<string> Read(byte[] bytes, int prefix, int labelBits, string suffix)
    {
        var labels = (prefix + labelBits - 1) / labelBits;
        var free = (labels * labelBits) - prefix;
        var zones = ImmutableArray.CreateBuilder<string>(1 << free);
        for (var last = 0; last < 1 << free; last++)
        {
            var zone = suffix;
            for (var i = 0; i < labels; i++)
            {
                var value = labelBits == 8 ? bytes[i] : (bytes[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 0xF;
                if (i == labels - 1)
                {
                    value = (value >> free << free) | last;
                }

                zone = value.ToString(labelBits == 8 ? "d" : "x", CultureInfo.InvariantCulture) + "." + zone;
            }

            zones.Add(zone);
        }

        return zones.ToImmutable();
    }
}

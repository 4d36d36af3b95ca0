using System.Net;

namespace NodeDns.Webhook.Options;

/// <summary>What the text of an IP address says about it.</summary>
internal static class AddressText
{
    /// <summary>Compares addresses, not spellings.</summary>
    public static bool Contains(IEnumerable<string> list, string address) =>
        list.Any(item => item == address
            || (IPAddress.TryParse(item, out var one) && IPAddress.TryParse(address, out var other) && one.Equals(other)));

    /// <summary>True for link-local and loopback addresses: every node has its own behind them, as a node cache is, and
    /// no Service can have one.</summary>
    public static bool IsOfOneNode(string address) =>
        IPAddress.TryParse(address, out var parsed)
        && (IPAddress.IsLoopback(parsed) || parsed.IsIPv6LinkLocal || parsed.GetAddressBytes() is [169, 254, _, _]);

    public static bool IsV6(string address) => address.Contains(':');
}

using System.Net;
using NodeDns.Addresses;

namespace NodeDns.Webhook.Options;

/// <summary>Checks on IP addresses that are given as text.</summary>
internal static class NodeAddress
{
    /// <summary>True for link-local and loopback addresses. They mean something else on each node, so a node cache may
    /// use one and a Service cannot.</summary>
    public static bool IsOfOneNode(string address) =>
        AddressText.TryAddress(address, out var parsed)
        && (IPAddress.IsLoopback(parsed) || parsed.IsIPv6LinkLocal || parsed.GetAddressBytes() is [169, 254, _, _]);

    public static bool IsV6(string address) => address.Contains(':');
}

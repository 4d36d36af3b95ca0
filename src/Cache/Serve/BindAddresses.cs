using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using NodeDns.Corefile;

namespace NodeDns.Cache.Serve;

/// <summary>The current addresses of a bind directive. The addresses of interfaces are read when this is
/// called.</summary>
internal static class BindAddresses
{
    /// <returns>All addresses of the machine, IPv4 and IPv6, if there is no bind directive.</returns>
    public static IReadOnlyList<IPAddress> Of(BindConfig? bind)
    {
        if (bind is null)
        {
            return Socket.OSSupportsIPv6 ? [IPAddress.Any, IPAddress.IPv6Any] : [IPAddress.Any];
        }

        return [.. bind.Groups
            .SelectMany(group => group.Targets.SelectMany(Expand).Except(group.Except.SelectMany(Expand)))
            .Distinct()];
    }

    /// <summary>The addresses at which something that listens there is reached: with "all addresses" among them, every one
    /// of the machine.</summary>
    public static IEnumerable<IPAddress> WithMachines(IReadOnlyList<IPAddress> addresses) =>
        addresses.Any(address => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            ? NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(link => link.GetIPProperties().UnicastAddresses)
                .Select(unicast => unicast.Address)
            : addresses;

    public static bool HasInterface(string name) =>
        NetworkInterface.GetAllNetworkInterfaces().Any(link => link.Name == name);

    private static IEnumerable<IPAddress> Expand(BindTarget target) => target.Address is { } address
        ? [address]
        : NetworkInterface.GetAllNetworkInterfaces()
            .Where(link => link.Name == target.Interface)
            .SelectMany(link => link.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address);
}

using System.Globalization;
using System.Net;
using NodeDns.Linux.Interop;

namespace NodeDns.Linux.Sockets;

/// <summary>Adds the link (scope id) to a link-local address.</summary>
public static class LinkScope
{
    /// <param name="scope">Name or index of the link; null where the address needs none.</param>
    /// <returns>null when this machine currently has no link of that name.</returns>
    public static IPAddress? Of(IPAddress address, string? scope)
    {
        if (scope is null)
        {
            return address;
        }
        var index = int.TryParse(scope, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : Libc.LinkIndex(scope);
        return index == 0 ? null : new IPAddress(address.GetAddressBytes(), index);
    }
}

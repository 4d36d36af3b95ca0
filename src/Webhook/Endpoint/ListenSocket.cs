using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace NodeDns.Webhook.Endpoint;

/// <summary>Binds the sockets that Kestrel will listen on, so that an error can name the option that caused it. Kestrel
/// only knows addresses, and logs a stack trace for each error.</summary>
internal static class ListenSocket
{
    /// <param name="address">null for all addresses of both families.</param>
    /// <param name="port">0 for any free port.</param>
    /// <param name="socket">The socket, bound but not listening yet.</param>
    /// <returns>null on success; otherwise the problem and the remedy.</returns>
    public static string? TryBind(IPAddress? address, int port, out Socket? socket)
    {
        socket = null;
        try
        {
            socket = Bind(address, port);
            return null;
        }
        catch (SocketException e)
        {
            return Explain(e, port);
        }
    }

    private static Socket Bind(IPAddress? address, int port)
    {
        if (address is not null)
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(new IPEndPoint(address, port));
        }

        try
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(new IPEndPoint(IPAddress.IPv6Any, port));
        }
        catch (SocketException e) when (e.SocketErrorCode
            is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable or SocketError.ProtocolNotSupported)
        {
            // This machine has no IPv6.
            return SocketTransportOptions.CreateDefaultBoundListenSocket(new IPEndPoint(IPAddress.Any, port));
        }
    }

    private static string Explain(SocketException e, int port) => e.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse =>
            $"port {port} is taken: choose another, or stop what listens there (ss -ltnp names it)",
        SocketError.AccessDenied =>
            $"port {port} is forbidden to this process: choose one from 1024 up, or give it CAP_NET_BIND_SERVICE",
        SocketError.AddressNotAvailable =>
            "this machine has no such address: choose one of its own, or give no host for all of them",
        SocketError.AddressFamilyNotSupported or SocketError.ProtocolNotSupported =>
            "this machine has no IPv6: choose an IPv4 address, or give no host for all there are",
        _ => $"cannot listen there: {e.Message}: choose another address or port",
    };
}

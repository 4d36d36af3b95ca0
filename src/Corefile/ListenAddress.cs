using System.Net;
using NodeDns.Dns.Records;

namespace NodeDns.Corefile;

/// <summary>host:port of an HTTP endpoint. null as the address stands for all addresses of the machine, as in
/// ":8080".</summary>
public readonly record struct ListenAddress(IPAddress? Address, int Port)
{
    /// <summary>Parses an address, "localhost" or nothing (all addresses), followed by a port.</summary>
    public static bool TryParse(string text, out ListenAddress listen)
    {
        listen = default;
        if (!AddressText.TrySplit(text, out var host, out var port) || !AddressText.TryPort(port, out var number))
        {
            return false;
        }

        IPAddress? address = null;
        if (host == "localhost")
        {
            address = IPAddress.Loopback;
        }
        else if (host.Length > 0 && !AddressText.TryAddress(host, out address))
        {
            return false;
        }

        listen = new(address, number);
        return true;
    }

    /// <summary>The endpoint to bind. All addresses are one socket for both families.</summary>
    public IPEndPoint ToEndPoint() => new(Address ?? IPAddress.IPv6Any, Port);

    public override string ToString() => Address is null ? $":{Port}" : new IPEndPoint(Address, Port).ToString();
}

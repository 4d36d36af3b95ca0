using System.Net;

namespace NodeDns.Addresses;

/// <summary>HOST:PORT, where something listens. null as the address stands for all addresses of the machine, in both
/// families if it has both.</summary>
public readonly record struct ListenAddress(IPAddress? Address, int Port)
{
    /// <summary>Parses an address, "localhost", or "*" or nothing (all addresses), followed by a port.</summary>
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
        else if (host is not ("" or "*") && !AddressText.TryAddress(host, out address))
        {
            return false;
        }

        listen = new(address, number);
        return true;
    }

    /// <summary>True when both would use the same port of the same address. Port 0 never clashes.</summary>
    public bool Clashes(ListenAddress other) =>
        Port != 0 && Port == other.Port && (Address is null || other.Address is null || Address.Equals(other.Address));

    /// <summary>The endpoint to bind. All addresses are one socket for both families.</summary>
    public IPEndPoint ToEndPoint() => new(Address ?? IPAddress.IPv6Any, Port);

    public override string ToString() => Address is null ? $":{Port}" : new IPEndPoint(Address, Port).ToString();
}

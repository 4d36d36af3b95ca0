using System.Net;

namespace NodeDns.Cache.Corefile;

/// <summary>host:port of an HTTP endpoint. A null address is every address of the machine, as in ":8080".</summary>
public readonly record struct ListenAddress(IPAddress? Address, int Port)
{
    public override string ToString() => Address is null ? $":{Port}" : new IPEndPoint(Address, Port).ToString();
}

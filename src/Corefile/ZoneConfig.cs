namespace NodeDns.Corefile;

/// <summary>A zone that a block serves on one port. A CIDR network such as 10.0.0.0/20 becomes several zones.</summary>
public sealed record ZoneConfig(string Name, int Port)
{
    /// <summary>False for a zone without a port in the file, which uses --dns-port.</summary>
    public bool PortGiven { get; init; }

    public ZoneTransport Transport { get; init; }

    public bool IsServed => Transport is ZoneTransport.Dns or ZoneTransport.Tls;

    /// <summary>"example.org.:53", and "tls://example.org.:853".</summary>
    public override string ToString() => $"{(Transport == ZoneTransport.Dns ? "" : Transport.Scheme() + "://")}{Name}:{Port}";
}

namespace NodeDns.Corefile;

/// <summary>The transport that a zone's scheme asks for. node-cache has no directive for a certificate, so none of them
/// is encrypted there; quic:// and https3:// do not even start without one.</summary>
public enum ZoneTransport
{
    /// <summary>dns://, or no scheme: UDP and TCP.</summary>
    Dns,

    /// <summary>tls://: plain DNS over TCP, as CoreDNS serves it without a certificate.</summary>
    Tls,

    /// <summary>grpc://: DNS messages in HTTP/2 requests. Not supported.</summary>
    Grpc,

    /// <summary>https://: DNS messages in HTTP/1.1 requests, without TLS. Not supported.</summary>
    Https,

    /// <summary>unix://: CoreDNS accepts this but has no such server. Not supported.</summary>
    Unix,
}

public static class ZoneTransportText
{
    /// <summary>The scheme as written before "://".</summary>
    public static string Scheme(this ZoneTransport transport) => transport.ToString().ToLowerInvariant();
}

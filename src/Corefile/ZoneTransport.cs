namespace NodeDns.Corefile;

/// <summary>What the scheme before a zone asks to be served. node-cache has no directive that gives a certificate, so
/// none of them is encrypted there; quic:// and https3:// do not start without one.</summary>
public enum ZoneTransport
{
    /// <summary>dns://, or no scheme: UDP and TCP.</summary>
    Dns,

    /// <summary>tls://: as CoreDNS does without a certificate, plain DNS over TCP.</summary>
    Tls,

    /// <summary>grpc://: DNS messages in HTTP/2 requests. Not served.</summary>
    Grpc,

    /// <summary>https://: DNS messages in HTTP/1.1 requests, without TLS. Not served.</summary>
    Https,

    /// <summary>unix://: CoreDNS loads it, and has no such server. Not served.</summary>
    Unix,
}

public static class ZoneTransportText
{
    /// <summary>"dns", "tls" and so on, as it stands before "://".</summary>
    public static string Scheme(this ZoneTransport transport) => transport.ToString().ToLowerInvariant();
}

namespace NodeDns.Cache.Upstream;

/// <summary>What <c>tls</c> and <c>tls_servername</c> say for every <c>tls://</c> server of one forward.</summary>
/// <remarks>Files are PEM, read when the configuration is loaded.</remarks>
internal sealed record UpstreamTls
{
    /// <summary>The name the server's certificate must carry; null: the server's own, else its IP address.</summary>
    public string? ServerName { get; init; }

    /// <summary>Client certificate and key; both or neither.</summary>
    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }

    /// <summary>The only roots trusted; null: the machine's.</summary>
    public string? CaFile { get; init; }
}

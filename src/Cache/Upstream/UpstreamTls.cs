namespace NodeDns.Cache.Upstream;

/// <summary>The settings <c>tls</c> and <c>tls_servername</c> of one forward, which apply to all its <c>tls://</c>
/// servers.</summary>
/// <remarks>The files are PEM. They are read when the configuration is loaded.</remarks>
internal sealed record UpstreamTls
{
    /// <summary>The name that a server's certificate must have; null for the server's own name or else its IP
    /// address.</summary>
    public string? ServerName { get; init; }

    /// <summary>The client certificate. Set together with the key, or not at all.</summary>
    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }

    /// <summary>The only roots to trust; null for the machine's.</summary>
    public string? CaFile { get; init; }
}

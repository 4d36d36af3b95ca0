namespace NodeDns.Corefile;

/// <summary>The tls option of prometheus: metrics are served over HTTPS. The PEM files are loaded again when they
/// change.</summary>
/// <param name="ClientCaFile">Roots for client certificates; null when clients need none.</param>
public sealed record WebTlsConfig(string CertificateFile, string KeyFile, string? ClientCaFile);

namespace NodeDns.Corefile;

/// <summary>prometheus's tls: metrics are served over HTTPS. PEM files, read again by themselves when they change.</summary>
/// <param name="ClientCaFile">Roots of the certificates that clients must show; null: clients need show none.</param>
public sealed record WebTlsConfig(string CertificateFile, string KeyFile, string? ClientCaFile);

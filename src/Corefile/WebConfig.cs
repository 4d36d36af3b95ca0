using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>How metrics are served: the web configuration file of Prometheus's exporters.</summary>
public sealed class WebConfig
{
    /// <summary>The file's folder and text: two blocks that share an address must have the same.</summary>
    public required string Source { get; init; }

    /// <summary>Null: plain HTTP.</summary>
    public WebTlsConfig? Tls { get; init; }

    /// <summary>Fields of every reply.</summary>
    public required ImmutableArray<(string Name, string Value)> Headers { get; init; }

    /// <summary>Users, and their passwords' bcrypt hashes. Empty: everybody may read.</summary>
    public required IReadOnlyDictionary<string, string> Users { get; init; }

    /// <summary>A request may come this often, once <see cref="RateBurst"/> have; zero: no limit.</summary>
    public TimeSpan RateInterval { get; init; }

    public int RateBurst { get; init; }
}

/// <summary>How metrics are served over HTTPS.</summary>
public sealed record WebTlsConfig
{
    public const int Tls12 = 0x0303;
    public const int Tls13 = 0x0304;

    public string CertificateFile { get; init; } = "";
    public string KeyFile { get; init; } = "";

    /// <summary>Each in PEM, for where there is no file.</summary>
    public string CertificateText { get; init; } = "";
    public string KeyText { get; init; } = "";
    public string ClientCaText { get; init; } = "";

    /// <summary>Roots of the certificates of clients that are verified; null: the machine's.</summary>
    public string? ClientCaFile { get; init; }

    /// <summary>As written; null: not written, which is NoClientCert.</summary>
    public string? ClientAuthType { get; init; }

    /// <summary>One of these must be in a client's certificate; empty: any or none may.</summary>
    public ImmutableArray<string> ClientNames { get; init; } = [];

    public bool AsksClients => ClientAuthType is not (null or "NoClientCert");
    public bool ClientMustShow =>
        ClientAuthType is "RequireAndVerifyClientCert" or "RequireAnyClientCert" or "RequireClientCert";

    public bool VerifiesClients => ClientAuthType is "RequireAndVerifyClientCert" or "VerifyClientCertIfGiven";

    /// <summary>As on the wire: 0x0303 is TLS 1.2. Where ciphers are named and none of TLS 1.2, that is not spoken.
    /// </summary>
    public int MinVersion
    {
        get => NamesCiphers && Ciphers.Length == 0 ? Tls13 : field;
        init;
    } = Tls12;

    public int MaxVersion { get; init; } = Tls13;

    public bool NamesCiphers { get; init; }

    /// <summary>Of TLS 1.2, in OpenSSL's names, with colons; "": OpenSSL's default. Those of TLS 1.3 cannot be chosen in
    /// Go either.</summary>
    public string Ciphers { get; init; } = "";

    /// <summary>In OpenSSL's names, with colons; "": OpenSSL's default.</summary>
    public string Curves { get; init; } = "";
}

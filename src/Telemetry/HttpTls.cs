using Microsoft.Extensions.Logging;
using NodeDns.Linux.Interop;

namespace NodeDns.Telemetry;

/// <summary>What an HTTPS listener shows and asks for. The files are PEM.</summary>
public sealed record HttpTlsOptions(string CertificateFile, string KeyFile)
{
    public HttpClientCertificate ClientCertificate { get; init; }

    public bool ClientMustShow { get; init; }

    /// <summary>Roots of the certificates of clients that are verified; null: the machine's.</summary>
    public string? ClientCaFile { get; init; }

    /// <summary>Each in PEM, for where there is no file.</summary>
    public string CertificateText { get; init; } = "";
    public string KeyText { get; init; } = "";
    public string ClientCaText { get; init; } = "";

    /// <summary>One of these must be in a client's certificate; empty: any or none may.</summary>
    public IReadOnlyList<string> ClientNames { get; init; } = [];

    /// <summary>As on the wire: 0x0303 is TLS 1.2.</summary>
    public int MinVersion { get; init; } = 0x0303;

    public int MaxVersion { get; init; } = 0x0304;

    /// <summary>Of TLS 1.2, in OpenSSL's names, with colons; "": its default.</summary>
    public string Ciphers { get; init; } = "";

    /// <summary>In OpenSSL's names, with colons; "": its default.</summary>
    public string Curves { get; init; } = "";
}

/// <summary>Whether clients are asked for a certificate, and what becomes of it.</summary>
public enum HttpClientCertificate
{
    None,
    Taken,
    Verified,
}

/// <summary>The certificate of an HTTPS listener and the roots of its clients, in use for new connections until their
/// files change.</summary>
internal sealed class HttpTls
{
    private readonly HttpTlsOptions _files;
    private readonly (DateTime, DateTime, DateTime) _written;
    private readonly nint _context;

    // Files already said to be unusable. Written by the endpoint's thread.
    private (DateTime, DateTime, DateTime) _refused;

    private HttpTls(HttpTlsOptions files, out string problem)
    {
        _files = files;
        _refused = _written = Written(files);
        if (OpenSsl.TryLoad(out problem))
        {
            using var certificate = new PemFile(files.CertificateFile, files.CertificateText);
            using var key = new PemFile(files.KeyFile, files.KeyText);
            using var roots = new PemFile(files.ClientCaFile ?? "", files.ClientCaText);
            _context = OpenSsl.NewServerContext(
                certificate.Path, key.Path, roots.Path.Length == 0 ? null : roots.Path, out problem);
        }
        if (_context != 0)
        {
            OpenSsl.AskClients(
                _context,
                ask: files.ClientCertificate != HttpClientCertificate.None,
                files.ClientMustShow,
                takeAny: files.ClientCertificate == HttpClientCertificate.Taken);
            OpenSsl.Limit(_context, files.MinVersion, files.MaxVersion, files.Ciphers, files.Curves);
        }
    }

    ~HttpTls()
    {
        if (_context != 0)
        {
            OpenSsl.FreeContext(_context);
        }
    }

    /// <returns>null, and the problem, when a file cannot be used.</returns>
    public static HttpTls? Open(HttpTlsOptions files, out string problem)
    {
        var tls = new HttpTls(files, out problem);
        return tls._context == 0 ? null : tls;
    }

    /// <summary>This, or what the files hold since; files that cannot be used leave this in force, and are logged once
    /// until they change again.</summary>
    public HttpTls Current(ILogger log)
    {
        var written = Written(_files);
        if (written == _written)
        {
            return this;
        }

        if (Open(_files, out var problem) is { } renewed)
        {
            log.HttpsFilesRead(_files.CertificateFile);
            return renewed;
        }
        if (written != _refused)
        {
            log.HttpsFilesUnusable(problem);
        }

        _refused = written;
        return this;
    }

    /// <summary>An SSL on an accepted socket, which keeps the context's memory alive by itself; 0 when memory prevents
    /// it.</summary>
    public nint Accept(int fd)
    {
        var ssl = OpenSsl.NewAccepted(_context, fd);
        GC.KeepAlive(this);
        return ssl;
    }

    /// <summary>Whether a client whose handshake is done may ask.</summary>
    public bool Admits(HttpSocket client) =>
        _files.ClientNames.Count == 0 || CertificateNames.Read(client.PeerNames()).Any(_files.ClientNames.Contains);

    private static (DateTime, DateTime, DateTime) Written(HttpTlsOptions files) => (
        Written(files.CertificateFile), Written(files.KeyFile), files.ClientCaFile is { } roots ? Written(roots) : default);

    private static DateTime Written(string path)
    {
        if (path.Length == 0)
        {
            return default;
        }

        try
        {
            // Files of a Secret are links to links; the time of a link itself never changes.
            return (File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path)).LastWriteTimeUtc;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }
}

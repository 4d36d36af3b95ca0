using Microsoft.Extensions.Logging;
using NodeDns.Linux.Interop;

namespace NodeDns.Telemetry;

/// <summary>The certificate files of an HTTPS listener, in PEM.</summary>
/// <param name="ClientCaFile">Roots for client certificates; null when clients need none.</param>
public sealed record HttpTlsOptions(string CertificateFile, string KeyFile, string? ClientCaFile)
{
    /// <summary>The oldest TLS version, as on the wire: 0x0303 is TLS 1.2, the oldest that OpenSSL allows
    /// here.</summary>
    public int MinVersion { get; init; } = 0x0303;
}

/// <summary>An HTTPS listener's certificate and client roots, used for new connections until the files
/// change.</summary>
internal sealed class HttpTls
{
    private readonly HttpTlsOptions _files;
    private readonly (DateTime, DateTime, DateTime) _written;
    private readonly nint _context;

    // Times of the files that were already reported as unusable. Written on the endpoint's thread.
    private (DateTime, DateTime, DateTime) _refused;

    private HttpTls(HttpTlsOptions files, out string problem)
    {
        _files = files;
        _refused = _written = Written(files);
        if (OpenSsl.TryLoad(out problem))
        {
            _context = OpenSsl.NewServerContext(files.CertificateFile, files.KeyFile, files.ClientCaFile, files.MinVersion, out problem);
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

    /// <summary>Returns this object, or a new one if the files have changed. If the changed files cannot be used, this
    /// one stays in force and the problem is logged once.</summary>
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

    /// <summary>Creates an SSL for an accepted socket; 0 when there is no memory. The SSL keeps the context
    /// alive.</summary>
    public nint Accept(int fd)
    {
        var ssl = OpenSsl.NewAccepted(_context, fd);
        GC.KeepAlive(this);
        return ssl;
    }

    private static (DateTime, DateTime, DateTime) Written(HttpTlsOptions files) => (
        Written(files.CertificateFile), Written(files.KeyFile), files.ClientCaFile is { } roots ? Written(roots) : default);

    private static DateTime Written(string path)
    {
        try
        {
            // The files of a Secret are symbolic links to symbolic links. The time of the link itself never changes.
            return (File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path)).LastWriteTimeUtc;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }
}

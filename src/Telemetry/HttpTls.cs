using Microsoft.Extensions.Logging;
using NodeDns.Linux.Interop;

namespace NodeDns.Telemetry;

/// <summary>What an HTTPS listener shows and asks for. The files are PEM.</summary>
/// <param name="ClientCaFile">Roots of the certificates that clients must show; null: they need show none.</param>
public sealed record HttpTlsOptions(string CertificateFile, string KeyFile, string? ClientCaFile)
{
    /// <summary>As on the wire: 0x0303 is TLS 1.2, below which OpenSSL speaks nothing.</summary>
    public int MinVersion { get; init; } = 0x0303;
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

    private static (DateTime, DateTime, DateTime) Written(HttpTlsOptions files) => (
        Written(files.CertificateFile), Written(files.KeyFile), files.ClientCaFile is { } roots ? Written(roots) : default);

    private static DateTime Written(string path)
    {
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

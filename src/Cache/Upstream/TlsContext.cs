using NodeDns.Addresses;
using NodeDns.Linux.Interop;

namespace NodeDns.Cache.Upstream;

/// <summary>What all tls:// connections of one forward share: roots, client certificate, protocol versions.</summary>
/// <remarks>Created together with its group, for two reasons: a file that cannot be used is noticed when the
/// configuration is loaded, and reading the machine's roots takes tens of milliseconds, for which no event loop has
/// time.</remarks>
internal sealed class TlsContext
{
    private readonly nint _context;

    public TlsContext(UpstreamTls? tls)
    {
        if (OpenSsl.TryLoad(out var problem))
        {
            _context = OpenSsl.NewContext(tls?.CaFile, tls?.CertificateFile, tls?.KeyFile, out problem);
        }
        Problem = _context == 0 ? problem : null;
    }

    ~TlsContext()
    {
        if (_context != 0)
        {
            OpenSsl.FreeContext(_context);
        }
    }

    /// <summary>Why no connection can be made; null when there is no problem.</summary>
    public string? Problem { get; }

    /// <summary>Creates an SSL for a connected socket; 0 on an error. The SSL keeps the context's memory
    /// alive.</summary>
    public nint NewConnection(int fd, UpstreamEndpoint server, UpstreamTls? tls)
    {
        var name = NameOf(server, tls);
        var isAddress = AddressText.TryAddress(name, out _);
        var ssl = _context == 0 ? 0 : OpenSsl.NewConnection(_context, fd, name, isAddress);
        GC.KeepAlive(this);
        return ssl;
    }

    /// <summary>The name that the certificate must have (RFC 8310 section 8.1): the server's own, else the forward's,
    /// else the server's address.</summary>
    public static string NameOf(UpstreamEndpoint server, UpstreamTls? tls) =>
        (server.TlsServerName ?? tls?.ServerName)?.TrimEnd('.') ?? server.Address.Address.ToString();
}

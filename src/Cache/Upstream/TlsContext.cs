using NodeDns.Dns.Records;
using NodeDns.Linux.Interop;

namespace NodeDns.Cache.Upstream;

/// <summary>What all tls:// connections of one forward share: roots, client certificate, protocol versions.</summary>
/// <remarks>Made with its group, so that a file that cannot be used shows when the configuration is loaded, and because
/// reading the machine's roots takes tens of milliseconds that no loop has to spare.</remarks>
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

    /// <summary>Why no connection can be made; null when all is well.</summary>
    public string? Problem { get; }

    /// <summary>An SSL on a connected socket, or 0. It keeps the context's memory alive by itself.</summary>
    public nint NewConnection(int fd, UpstreamEndpoint server, UpstreamTls? tls)
    {
        var name = NameOf(server, tls);
        var isAddress = AddressText.TryAddress(name, out _);
        var ssl = _context == 0 ? 0 : OpenSsl.NewConnection(_context, fd, name, isAddress);
        GC.KeepAlive(this);
        return ssl;
    }

    /// <summary>The name the certificate must carry (RFC 8310 section 8.1): the server's own, the forward's, its
    /// address.</summary>
    public static string NameOf(UpstreamEndpoint server, UpstreamTls? tls) =>
        (server.TlsServerName ?? tls?.ServerName)?.TrimEnd('.') ?? server.Address.Address.ToString();
}

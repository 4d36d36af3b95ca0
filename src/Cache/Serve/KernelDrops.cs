using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Cache.Serve;

/// <summary>How many queries the kernel has dropped for want of room in our receive buffers, asked of the sockets at
/// each scrape: counting costs the data path nothing.</summary>
internal sealed class KernelDrops
{
    /// <summary>SK_MEMINFO_DROPS: the last of the nine 32-bit numbers of SO_MEMINFO (sock_diag(7)).</summary>
    private const int DropsIndex = 8;

    // Held while sockets are asked: none of them is closed, and its number given to another, meanwhile.
    private readonly Lock _gate = new();
    private IReadOnlyCollection<ListenSocket> _sockets = [];
    private double _gone;

    /// <summary>Since the start, those of sockets that are gone included. Any thread may read it.</summary>
    public double Total
    {
        get
        {
            lock (_gate)
            {
                return _gone + Of(_sockets);
            }
        }
    }

    /// <summary>Counts at these sockets from now on; call it before others are closed.</summary>
    public void Use(IReadOnlyCollection<ListenSocket> sockets)
    {
        lock (_gate)
        {
            _gone += Of(_sockets.Except(sockets));
            _sockets = sockets;
        }
    }

    private static double Of(IEnumerable<ListenSocket> sockets)
    {
        Span<uint> numbers = stackalloc uint[DropsIndex + 1];
        double drops = 0;
        foreach (var socket in sockets)
        {
            if (socket.Protocol == ListenProtocol.Udp
                && !Libc.GetSocketOption(
                    socket.Fd, Libc.SOL_SOCKET, Libc.SO_MEMINFO, MemoryMarshal.AsBytes(numbers)).IsError)
            {
                drops += numbers[DropsIndex];
            }
        }
        return drops;
    }
}

using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Cache.Serve;

/// <summary>Counts the queries that the kernel has dropped because a receive buffer was full. The sockets are asked at
/// each scrape, so counting costs the data path nothing.</summary>
internal sealed class KernelDrops
{
    /// <summary>SK_MEMINFO_DROPS: the last of the nine 32-bit numbers of SO_MEMINFO (sock_diag(7)).</summary>
    private const int DropsIndex = 8;

    // Held while sockets are asked, so that none of them is closed meanwhile and its number reused.
    private readonly Lock _gate = new();
    private IReadOnlyCollection<ListenSocket> _sockets = [];
    private double _gone;

    /// <summary>The number since the start, including sockets that are closed now. Any thread may read it.</summary>
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

    /// <summary>Counts these sockets from now on. Call this before others are closed.</summary>
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

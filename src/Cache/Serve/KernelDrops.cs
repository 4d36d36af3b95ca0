using System.Runtime.InteropServices;
using NodeDns.Cache.Interop.Linux;
using NodeDns.Cache.Listen;

namespace NodeDns.Cache.Serve;

/// <summary>How many queries the kernel has dropped for want of room in our receive buffers, asked of the sockets at each
/// scrape: counting costs the data path nothing.</summary>
internal static class KernelDrops
{
    /// <summary>SK_MEMINFO_DROPS: the last of the nine 32-bit numbers of SO_MEMINFO (sock_diag(7)).</summary>
    private const int DropsIndex = 8;

    public static double Of(IReadOnlyList<ListenSocket> sockets)
    {
        Span<uint> numbers = stackalloc uint[DropsIndex + 1];
        double drops = 0;
        foreach (ListenSocket socket in sockets)
        {
            if (socket.Protocol == ListenProtocol.Udp
                && !Libc.GetSocketOption(
                    socket.Fd, Libc.SOL_SOCKET, Libc.SO_MEMINFO, MemoryMarshal.AsBytes(numbers)).IsError)
                drops += numbers[DropsIndex];
        }
        return drops;
    }
}

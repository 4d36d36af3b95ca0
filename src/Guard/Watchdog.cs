using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>Tells, without any help of the cache, whether somebody reads the sockets.</summary>
/// <remarks>
/// A queue is stuck when it is not empty and has not become shorter. The queue of a saturated cache is never empty
/// either, but its length goes up and down, and its workers' loops turn.
/// </remarks>
internal sealed class Watchdog(TimeSpan hangAfter)
{
    /// <summary>Time between two looks. A look costs one system call for each socket.</summary>
    public const int SampleMs = 20;

    /// <summary>A queue that is stuck for this long counts as unread, even if heartbeats arrive.</summary>
    private const int StuckInAnyCaseMs = 1000;

    private readonly long _hangAfterMs = (long)hangAfter.TotalMilliseconds;
    private readonly Dictionary<int, Queue> _queues = [];

    /// <summary>Octets in the UDP receive queues plus connections in the TCP accept queues, at the last look.</summary>
    public long Waiting { get; private set; }

    /// <summary>Looks at every queue.</summary>
    /// <returns>null when all is well; otherwise what is wrong.</returns>
    public string? Look(IEnumerable<ListenSocket> sockets, CachePeer cache, long nowMs)
    {
        string? verdict = null;
        Waiting = 0;
        foreach (var socket in sockets)
        {
            var waiting = Depth(socket);
            Waiting += waiting;
            ref var queue = ref CollectionsMarshal.GetValueRefOrAddDefault(_queues, socket.Fd, out var isKnown);
            if (!isKnown || waiting == 0 || waiting < queue.Waiting)
            {
                queue.SinceMs = nowMs;
            }
            queue.Waiting = waiting;
            var stillMs = nowMs - queue.SinceMs;
            // Heartbeats come every 50 ms, so a stuck queue together with silence for half of --hang-after is no
            // coincidence. Report it at three quarters, so that the relay has started by --hang-after.
            var silent = cache.SilentMs(socket.Worker, nowMs) >= _hangAfterMs / 2;
            if (stillMs >= (silent ? _hangAfterMs * 3 / 4 : StuckInAnyCaseMs))
            {
                verdict ??= $"{new ListenEndPoint(socket.Protocol, socket.EndPoint)} of worker {socket.Worker} has not "
                    + $"been read for {stillMs} ms";
            }
        }
        var silentMs = cache.SilentMs(nowMs);
        return verdict ?? (silentMs >= _hangAfterMs ? $"no heartbeat for {silentMs} ms" : null);
    }

    /// <summary>Forgets earlier observations. Called when a new cache starts reading.</summary>
    public void Reset() => _queues.Clear();

    private static long Depth(ListenSocket socket)
    {
        if (socket.Protocol == ListenProtocol.Udp)
        {
            // SO_MEMINFO returns 9 numbers of 32 bits; the first is SK_MEMINFO_RMEM_ALLOC.
            Span<byte> memory = stackalloc byte[36];
            var read = Libc.GetSocketOption(socket.Fd, Libc.SOL_SOCKET, Libc.SO_MEMINFO, memory);
            return read.IsError ? 0 : MemoryMarshal.Read<uint>(memory);
        }
        // In the struct tcp_info of a listener, octets 24-27 (tcpi_unacked) are the length of the accept queue.
        const int unacked = 24;
        Span<byte> information = stackalloc byte[unacked + 4];
        var got = Libc.GetSocketOption(socket.Fd, Libc.IPPROTO_TCP, Libc.TCP_INFO, information);
        return got.IsError ? 0 : MemoryMarshal.Read<uint>(information[unacked..]);
    }

    private struct Queue
    {
        public long Waiting;
        public long SinceMs;
    }
}

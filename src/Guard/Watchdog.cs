using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>Tells from outside whether somebody reads the sockets: no help of the cache is needed for that.</summary>
/// <remarks>
/// A queue stands still when it is not empty and has not become shorter. A saturated cache's queue is never empty
/// either, but it goes up and down, and its workers' loops turn.
/// </remarks>
internal sealed class Watchdog(TimeSpan hangAfter)
{
    /// <summary>Between two looks; each costs two system calls for a worker and address.</summary>
    public const int SampleMs = 20;

    /// <summary>A queue that stands still for so long is not read, whatever the heartbeat says.</summary>
    private const int StuckInAnyCaseMs = 1000;

    private readonly long _hangAfterMs = (long)hangAfter.TotalMilliseconds;
    private readonly Dictionary<int, Queue> _queues = [];

    /// <summary>Octets waiting in UDP queues and connections waiting in TCP backlogs, at the last look.</summary>
    public long Waiting { get; private set; }

    /// <summary>Looks at every queue.</summary>
    /// <returns>null when all is well, otherwise what is wrong, in words.</returns>
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
            // The heart beats at 50 ms: silence for half the time beside a full queue is no coincidence. A quarter of
            // the time is left for the relay to be there by --hang-after.
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

    /// <summary>Forgets the past: the sockets have just got a reader.</summary>
    public void Reset() => _queues.Clear();

    private static long Depth(ListenSocket socket)
    {
        if (socket.Protocol == ListenProtocol.Udp)
        {
            // SO_MEMINFO: 9 numbers of 32 bits, the first SK_MEMINFO_RMEM_ALLOC.
            Span<byte> memory = stackalloc byte[36];
            var read = Libc.GetSocketOption(socket.Fd, Libc.SOL_SOCKET, Libc.SO_MEMINFO, memory);
            return read.IsError ? 0 : MemoryMarshal.Read<uint>(memory);
        }
        // struct tcp_info of a listener: octets 24-27, tcpi_unacked, hold the accept queue's length.
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

using Microsoft.Win32.SafeHandles;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>A cache that is connected to the guard, and what it has told the guard so far.</summary>
internal sealed class CachePeer
{
    private ulong[] _turns = [];
    private long[] _advancedMs = [];

    public required HandoverChannel Channel { get; init; }

    /// <summary>When the connection was accepted, on the loop's clock.</summary>
    public required long ConnectedMs { get; init; }

    public string Program { get; set; } = "?";
    public int Version { get; set; }
    public int Workers { get; set; } = 1;
    public IReadOnlyList<ListenEndPoint> Wanted { get; set; } = [];

    /// <summary>The guard's sockets that this cache holds a descriptor of.</summary>
    public HashSet<GroupMember> Given { get; } = [];

    /// <summary>Those of the <see cref="Given"/> sockets that the cache's Corefile serves. The guard expects the cache
    /// to read them.</summary>
    public IReadOnlyList<ListenSocket> Expected { get; set; } = [];

    /// <summary>The guard has given this cache its sockets.</summary>
    public bool HasSockets { get; set; }

    /// <summary>The cache has said that it reads its sockets.</summary>
    public bool IsReady { get; set; }

    /// <summary>The cache has said that it is about to stop, so its end is not counted as a crash.</summary>
    public bool IsLeaving { get; set; }

    public bool IsDrained { get; set; }

    /// <summary>The file of queries that the cache has read and not yet answered; null when its version does not send
    /// one.</summary>
    public SafeFileHandle? OpenQueries { get; set; }

    /// <summary>The memory to which it writes answers for the program in the kernel; null when it was given
    /// none.</summary>
    public SafeFileHandle? AnswerSlots { get; set; }

    /// <summary>The guard has asked for the sockets that this cache holds, and not all of them have arrived.</summary>
    public bool IsOffering { get; set; }

    /// <summary>The parts of an offer that have arrived so far.</summary>
    public List<ListenSocket> Arriving { get; } = [];

    /// <summary>Records a heartbeat.</summary>
    public void Beat(IEnumerable<ulong> turns, long nowMs)
    {
        var now = turns.ToArray();
        if (now.Length != _turns.Length)
        {
            _turns = new ulong[now.Length];
            _advancedMs = new long[now.Length];
            Array.Fill(_advancedMs, nowMs);
        }
        for (var worker = 0; worker < now.Length; worker++)
        {
            if (now[worker] != _turns[worker])
            {
                _turns[worker] = now[worker];
                _advancedMs[worker] = nowMs;
            }
        }
    }

    /// <summary>How long this worker's loop has not turned; 0 when no heartbeat has come yet.</summary>
    public long SilentMs(int worker, long nowMs) =>
        _advancedMs.Length == 0 ? 0 : nowMs - _advancedMs[worker % _advancedMs.Length];

    /// <summary>How long the most silent worker's loop has not turned.</summary>
    public long SilentMs(long nowMs) => _advancedMs.Length == 0 ? 0 : nowMs - _advancedMs.Min();
}

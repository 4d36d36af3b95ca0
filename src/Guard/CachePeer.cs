using Microsoft.Win32.SafeHandles;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>A cache that is connected to the guard, and what it has said so far.</summary>
internal sealed class CachePeer
{
    private ulong[] _turns = [];
    private long[] _advancedMs = [];

    public required HandoverChannel Channel { get; init; }

    /// <summary>On the loop's clock.</summary>
    public required long ConnectedMs { get; init; }

    public string Program { get; set; } = "?";
    public int Version { get; set; }
    public int Workers { get; set; } = 1;
    public IReadOnlyList<ListenEndPoint> Wanted { get; set; } = [];

    /// <summary>The guard's sockets of which it has a descriptor.</summary>
    public HashSet<GroupMember> Given { get; } = [];

    /// <summary>Those of them that its Corefile serves: what it is expected to read.</summary>
    public IReadOnlyList<ListenSocket> Expected { get; set; } = [];

    /// <summary>It holds the guard's sockets.</summary>
    public bool HasSockets { get; set; }

    /// <summary>It said that it reads them.</summary>
    public bool IsReady { get; set; }

    /// <summary>It said that it goes; its end is no crash.</summary>
    public bool IsLeaving { get; set; }

    public bool IsDrained { get; set; }

    /// <summary>What it has read and not answered; null when it is of a version that does not say.</summary>
    public SafeFileHandle? OpenQueries { get; set; }

    /// <summary>It was asked for the sockets it holds, and has not sent them all.</summary>
    public bool IsOffering { get; set; }

    /// <summary>Parts of an offer that is still arriving.</summary>
    public List<ListenSocket> Arriving { get; } = [];

    /// <summary>Takes a heartbeat down.</summary>
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

    /// <summary>For how long a worker's loop has not turned; 0 for a worker never heard of.</summary>
    public long SilentMs(int worker, long nowMs) =>
        _advancedMs.Length == 0 ? 0 : nowMs - _advancedMs[worker % _advancedMs.Length];

    /// <summary>For how long the most silent worker's loop has not turned.</summary>
    public long SilentMs(long nowMs) => _advancedMs.Length == 0 ? 0 : nowMs - _advancedMs.Min();
}

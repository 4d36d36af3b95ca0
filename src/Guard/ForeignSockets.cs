using NodeDns.Guard.Node;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>Another program, such as node-cache, that is bound to our endpoints with SO_REUSEPORT: all new traffic is
/// steered away from it, so that it can be removed at any time without a loss.</summary>
internal sealed class ForeignSockets(GuardParts parts, SocketSet sockets)
{
    private readonly Dictionary<ListenEndPoint, int> _steered = [];
    private bool _looked;

    /// <summary>Somebody else is bound to one of our endpoints.</summary>
    public bool InUse => _steered.Count > 0;

    /// <summary>Is anybody bound to one of these already?</summary>
    public static bool AnyBound(IEnumerable<ListenEndPoint> endPoints)
    {
        try
        {
            return endPoints.Any(endPoint => SocketTable.Bound(endPoint).Count > 0);
        }
        catch (Exception failure) when (failure is NetlinkException or SyscallException)
        {
            return false;
        }
    }

    /// <summary>What <see cref="Look.Run"/> needs to know of the sockets as they are now.</summary>
    public Look Prepare() => new(
        parts.Metrics,
        [.. sockets.All.Select(m => SocketTable.Inode(m.Socket.Fd))],
        [.. sockets.OwnEndPoints.Where(e => Own(e).Count > 0)]);

    /// <summary>Steers each endpoint's group as it needs.</summary>
    public void Steer(Look look)
    {
        foreach (var (endPoint, foreign) in look.Foreign)
        {
            var own = Own(endPoint);
            if (foreign == _steered.GetValueOrDefault(endPoint) || own.Count == 0)
            {
                continue;
            }
            // Members are counted in the order of their bind: what was there before us comes first, and only that can
            // be told apart.
            var result = foreign > 0
                ? _looked ? SyscallResult.From(0, 0) : Libc.SteerReuseport(own[0].Fd, (uint)foreign, (uint)own.Count)
                : Libc.UnsteerReuseport(own[0].Fd);
            if (foreign > 0)
            {
                _steered[endPoint] = foreign;
                if (result.IsError || _looked)
                {
                    parts.Log.Shared(endPoint.ToString(), foreign);
                }
                else
                {
                    parts.Log.Steered(endPoint.ToString(), foreign);
                }
            }
            else
            {
                _steered.Remove(endPoint);
                parts.Log.Alone(endPoint.ToString());
            }
        }
        _looked = true;
    }

    private List<ListenSocket> Own(ListenEndPoint endPoint) =>
        [.. sockets.All.Where(m => m.EndPoint == endPoint).Select(m => m.Socket)];

    /// <summary>One look at the kernel's socket tables, which are long on a busy node: on any thread.</summary>
    internal sealed class Look(GuardMetrics metrics, HashSet<ulong> ours, IReadOnlyList<ListenEndPoint> endPoints)
    {
        /// <summary>How many sockets of others are bound to each endpoint; empty before <see cref="Run"/>.</summary>
        public IReadOnlyDictionary<ListenEndPoint, int> Foreign { get; private set; } =
            new Dictionary<ListenEndPoint, int>();

        /// <summary>Somebody else is bound to one of them.</summary>
        public bool IsAnyShared => Foreign.Values.Any(count => count > 0);

        public void Run()
        {
            try
            {
                Foreign = endPoints.ToDictionary(e => e, e => SocketTable.Bound(e).Count(inode => !ours.Contains(inode)));
            }
            catch (Exception failure) when (failure is NetlinkException or SyscallException)
            {
                metrics.Problem(GuardProblem.Socket, $"who else holds the sockets cannot be told: {failure.Message}");
            }
        }
    }
}

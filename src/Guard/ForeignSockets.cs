using NodeDns.Guard.Node;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>Finds sockets of other programs, such as node-cache, that are bound to our endpoints with SO_REUSEPORT, and
/// steers all new traffic away from them. The other program can then be removed at any time without losing
/// queries.</summary>
internal sealed class ForeignSockets(GuardParts parts, SocketSet sockets)
{
    private readonly Dictionary<ListenEndPoint, int> _steered = [];
    private bool _looked;

    /// <summary>Another program is bound to at least one of our endpoints.</summary>
    public bool InUse => _steered.Count > 0;

    /// <summary>True when any process is bound to one of these endpoints.</summary>
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

    /// <summary>Collects the current sockets for <see cref="Look.Run"/>, which runs on another thread.</summary>
    public Look Prepare() => new(
        parts.Metrics,
        [.. sockets.All.Select(m => SocketTable.Inode(m.Socket.Fd))],
        [.. sockets.OwnEndPoints.Where(e => Own(e).Count > 0)]);

    /// <summary>Attaches or removes the steering program of each endpoint's SO_REUSEPORT group.</summary>
    public void Steer(Look look)
    {
        foreach (var (endPoint, foreign) in look.Foreign)
        {
            var own = Own(endPoint);
            if (foreign == _steered.GetValueOrDefault(endPoint) || own.Count == 0)
            {
                continue;
            }
            // The program picks members by index, in the order of their bind(2). It can only skip sockets that were
            // bound before ours, so it is attached only at the first look.
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

    /// <summary>Reads the kernel's socket tables, which takes long on a busy node. May run on any thread.</summary>
    internal sealed class Look(GuardMetrics metrics, HashSet<ulong> ours, IReadOnlyList<ListenEndPoint> endPoints)
    {
        /// <summary>The number of other programs' sockets bound to each endpoint; empty before
        /// <see cref="Run"/>.</summary>
        public IReadOnlyDictionary<ListenEndPoint, int> Foreign { get; private set; } =
            new Dictionary<ListenEndPoint, int>();

        /// <summary>Another program is bound to at least one of the endpoints.</summary>
        public bool IsAnyShared => Foreign.Values.Any(count => count > 0);

        public void Run()
        {
            try
            {
                Foreign = endPoints.ToDictionary(e => e, e => SocketTable.Bound(e).Count(inode => !ours.Contains(inode)));
            }
            catch (Exception failure) when (failure is NetlinkException or SyscallException)
            {
                metrics.Problem(GuardProblem.SharersUnknown(failure.Message));
            }
        }
    }
}

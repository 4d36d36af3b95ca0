using NodeDns.Cache.Interop.Linux;
using NodeDns.Cache.Listen;
using NodeDns.Cache.Node;

namespace NodeDns.Cache.Guard;

/// <summary>Another program, such as node-cache, that is bound to our endpoints with SO_REUSEPORT: all new traffic is
/// steered away from it, so that it can be removed at any time without a loss.</summary>
internal sealed class ForeignSockets(SocketSet sockets, GuardLog log)
{
    private readonly Dictionary<ListenEndPoint, int> _steered = [];
    private bool _looked;

    /// <summary>Somebody else is bound to one of our endpoints.</summary>
    public bool InUse => _steered.Count > 0;

    /// <summary>Looks again, and steers each endpoint's group as it needs.</summary>
    public void Look()
    {
        var ours = sockets.All.Select(s => SocketTable.Inode(s.Fd)).ToHashSet();
        foreach (var endPoint in sockets.OwnEndPoints)
        {
            var own = sockets.All.Where(s => SocketSet.Serves(s, [endPoint])).ToList();
            if (own.Count == 0)
            {
                continue;
            }
            var bound = endPoint.Protocol == ListenProtocol.Udp
                ? SocketTable.Udp(endPoint.EndPoint)
                : SocketTable.Tcp(endPoint.EndPoint);
            var foreign = bound.Count(inode => !ours.Contains(inode));
            if (foreign == _steered.GetValueOrDefault(endPoint))
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
                log.Info($"{endPoint}: {foreign} sockets of another program share it"
                    + (result.IsError ? $", {result.Error.Describe()}" : _looked ? ""
                        : "; new lookups come here only"));
            }
            else
            {
                _steered.Remove(endPoint);
                log.Info($"{endPoint}: the other program is gone");
            }
        }
        _looked = true;
    }
}

using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Guard.Node;

/// <summary>Reports when one of our links, addresses or rules may have been changed. Notifications about others are
/// read and dropped; on a busy node there are thousands a second.</summary>
internal sealed class NodeWatch : IEventHandler, IDisposable
{
    private readonly EventLoop _loop;
    private readonly Action _onChange;
    private readonly List<NetlinkSocket> _sockets = [];

    private readonly IReadOnlyList<byte[]> _mentions;

    /// <param name="withRules">Also watch nf_tables; false where the kernel has none.</param>
    /// <param name="mentions">Octets that a notification contains if it is about something of ours.</param>
    public NodeWatch(EventLoop loop, bool withRules, IReadOnlyList<byte[]> mentions, Action onChange)
    {
        _mentions = mentions;
        _loop = loop;
        _onChange = onChange;
        Watch(Libc.NETLINK_ROUTE, Libc.RTNLGRP_LINK, Libc.RTNLGRP_IPV4_IFADDR, Libc.RTNLGRP_IPV6_IFADDR);
        if (withRules)
        {
            Watch(Libc.NETLINK_NETFILTER, Libc.NFNLGRP_NFTABLES);
        }
    }

    public void OnEvents(uint events)
    {
        var any = false;
        foreach (var socket in _sockets)
        {
            any |= socket.Drain(_mentions);
        }
        if (any)
        {
            _onChange();
        }
    }

    public void Dispose()
    {
        foreach (var socket in _sockets)
        {
            _loop.Remove(socket.Fd);
            socket.Dispose();
        }
        _sockets.Clear();
    }

    private void Watch(int family, params uint[] groups)
    {
        var socket = new NetlinkSocket(family);
        foreach (var group in groups)
        {
            socket.Join(group);
        }
        _sockets.Add(socket);
        _loop.Add(socket.Fd, Libc.EPOLLIN, this);
    }
}

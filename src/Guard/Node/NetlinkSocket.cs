using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>A netlink socket of one family. The kernel answers within the send, so no call waits for a reply.</summary>
internal sealed class NetlinkSocket : IDisposable
{
    private readonly byte[] _buffer = new byte[64 << 10];

    public NetlinkSocket(int family)
    {
        Fd = Libc.Socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, family)
            .OrThrow($"socket AF_NETLINK {family}");
        Libc.BindNetlink(Fd).OrThrow("bind AF_NETLINK");
        Libc.SetSocketOption(Fd, Libc.SOL_NETLINK, Libc.NETLINK_EXT_ACK, 1);
        Libc.SetSocketOption(Fd, Libc.SOL_NETLINK, Libc.NETLINK_CAP_ACK, 1);
    }

    public int Fd { get; private set; }

    /// <summary>Subscribes to notifications, which <see cref="Drain"/> reads.</summary>
    public void Join(uint group) =>
        Libc.SetSocketOption(Fd, Libc.SOL_NETLINK, Libc.NETLINK_ADD_MEMBERSHIP, (int)group).OrThrow("netlink group");

    /// <summary>Sends messages and returns the kernel's replies.</summary>
    /// <exception cref="NetlinkException">The first error the kernel reported.</exception>
    public List<NetlinkMessage> Request(NetlinkWriter messages, string what)
    {
        var replies = new List<NetlinkMessage>();
        Request(messages, what, message => replies.Add(message with { Body = message.Body.ToArray() }));
        return replies;
    }

    /// <summary>Sends messages and passes on each reply as it is read, so that long lists need no memory.</summary>
    /// <exception cref="NetlinkException">The first error the kernel reported.</exception>
    public void Request(NetlinkWriter messages, string what, Action<NetlinkMessage> onReply)
    {
        var sent = Libc.Send(Fd, messages.Bytes);
        if (sent.IsError)
        {
            throw new NetlinkException(what, sent.Error, null);
        }
        NetlinkException? failure = null;
        while (Receive() is { IsError: false } received)
        {
            foreach (var message in NetlinkMessage.Read(_buffer.AsMemory(0, received.Value)))
            {
                if (message.Type == Libc.NLMSG_ERROR)
                {
                    failure ??= message.Error(what);
                }
                else if (message.Type != Libc.NLMSG_DONE)
                {
                    onReply(message);
                }
            }
        }
        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>Reads and drops all notifications that have arrived.</summary>
    /// <returns>true when one contains any of the given octets, or when some were lost (ENOBUFS).</returns>
    public bool Drain(IReadOnlyList<byte[]> mentions)
    {
        var any = false;
        for (var received = Receive(); !received.WouldBlock; received = Receive())
        {
            if (received.IsError && received.Error != Errno.ENOBUFS)
            {
                break;
            }
            any = any || received.IsError || Mentions(_buffer.AsSpan(0, received.Value), mentions);
        }
        return any;
    }

    private static bool Mentions(ReadOnlySpan<byte> octets, IReadOnlyList<byte[]> mentions)
    {
        foreach (var mention in mentions)
        {
            if (octets.IndexOf(mention) >= 0)
            {
                return true;
            }
        }
        return false;
    }

    public void Dispose()
    {
        if (Fd >= 0)
        {
            Libc.Close(Fd);
            Fd = -1;
        }
    }

    private SyscallResult Receive() => Libc.Receive(Fd, _buffer);
}

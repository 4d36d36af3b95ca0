using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>A netlink socket of one family. Requests are answered within the send, so nothing here waits.</summary>
internal sealed class NetlinkSocket : IDisposable
{
    private const int HeaderSize = 16;
    private readonly byte[] _buffer = new byte[64 << 10];

    public NetlinkSocket(int family)
    {
        Fd = Libc.Socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, family)
            .OrThrow($"socket AF_NETLINK {family}");
        Libc.BindNetlink(Fd).OrThrow("bind AF_NETLINK");
        Libc.SetSocketOption(Fd, Libc.SOL_NETLINK, Libc.NETLINK_EXT_ACK, 1);
        Libc.SetSocketOption(Fd, Libc.SOL_NETLINK, Libc.NETLINK_CAP_ACK, 1);
    }

    public int Fd { get; }

    /// <summary>Subscribes to notifications; they are read with <see cref="Drain"/>.</summary>
    public void Join(uint group) =>
        Libc.SetSocketOption(Fd, Libc.SOL_NETLINK, Libc.NETLINK_ADD_MEMBERSHIP, (int)group).OrThrow("netlink group");

    /// <summary>Sends messages, and returns what the kernel answered.</summary>
    /// <exception cref="NetlinkException">The first error the kernel reported.</exception>
    public List<NetlinkMessage> Request(NetlinkWriter messages, string what)
    {
        var sent = Libc.Send(Fd, messages.Bytes);
        if (sent.IsError)
        {
            throw new NetlinkException(what, sent.Error, null);
        }
        var replies = new List<NetlinkMessage>();
        NetlinkException? failure = null;
        while (Receive() is { } batch)
        {
            foreach (var message in batch)
            {
                if (message.Type == Libc.NLMSG_ERROR)
                {
                    failure ??= ReadError(message, what);
                }
                else if (message.Type != Libc.NLMSG_DONE)
                {
                    replies.Add(message);
                }
            }
        }
        return failure is null ? replies : throw failure;
    }

    /// <summary>Reads and forgets what has arrived.</summary>
    /// <returns>false when nothing had.</returns>
    public bool Drain()
    {
        var any = false;
        while (Receive() is not null)
        {
            any = true;
        }
        return any;
    }

    public void Dispose() => Libc.Close(Fd);

    /// <summary>The messages of one datagram; null when there is none. Overrun (ENOBUFS) counts as an empty one: what
    /// was lost is a notification, and the reader looks at the whole state anyway.</summary>
    private List<NetlinkMessage>? Receive()
    {
        var result = Libc.Receive(Fd, _buffer);
        if (result.IsError)
        {
            return result.Error == Errno.ENOBUFS ? [] : null;
        }
        var messages = new List<NetlinkMessage>();
        var rest = _buffer.AsSpan(0, result.Value);
        while (rest.Length >= HeaderSize)
        {
            var length = (int)MemoryMarshal.Read<uint>(rest);
            if (length < HeaderSize || length > rest.Length)
            {
                break;
            }
            messages.Add(new NetlinkMessage(MemoryMarshal.Read<ushort>(rest[4..]), rest[HeaderSize..length].ToArray())
            {
                Flags = MemoryMarshal.Read<ushort>(rest[6..]),
            });
            rest = rest[Math.Min((length + 3) & ~3, rest.Length)..];
        }
        return messages;
    }

    /// <summary>struct nlmsgerr: error (4, negative errno or 0), the request's header (16), attributes.</summary>
    private static NetlinkException? ReadError(NetlinkMessage message, string what)
    {
        var error = -MemoryMarshal.Read<int>(message.Body);
        if (error == 0)
        {
            return null;
        }
        const int messageText = 1;
        var detail = (message.Flags & Libc.NLM_F_ACK_TLVS) != 0
            ? message.Attributes(4 + HeaderSize).FirstOrDefault(attribute => attribute.Type == messageText)
            : default;
        return new NetlinkException(what, (Errno)error, detail.Value.IsEmpty ? null : detail.Text);
    }
}

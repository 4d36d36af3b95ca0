using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Linux.Handover;

/// <summary>One connection of the hand-over protocol, on a loop.</summary>
public sealed class HandoverChannel : IEventHandler
{
    private readonly EventLoop _loop;
    private readonly Action<HandoverMessage> _onMessage;
    private readonly Action _onClosed;
    private readonly byte[] _buffer = new byte[HandoverMessage.Capacity];
    private int _fd;

    /// <summary>Takes the connected socket over.</summary>
    /// <param name="onMessage">Owns the message's descriptors.</param>
    /// <param name="onClosed">The peer is gone or spoke nonsense; not called after <see cref="Close"/>.</param>
    public HandoverChannel(EventLoop loop, int fd, Action<HandoverMessage> onMessage, Action onClosed)
    {
        _loop = loop;
        _fd = fd;
        _onMessage = onMessage;
        _onClosed = onClosed;
        loop.Add(fd, Libc.EPOLLIN, this);
    }

    /// <summary>Connects to a listener of the protocol, if it is root's or this user's: whoever else has made a socket at
    /// that path gets nothing.</summary>
    /// <param name="problem">Why not; null when nobody listens there any more (ECONNREFUSED).</param>
    /// <returns>The descriptor; negative when there is none.</returns>
    public static int Connect(string path, bool blocking, out string? problem)
    {
        var flags = Libc.SOCK_SEQPACKET | Libc.SOCK_CLOEXEC | (blocking ? 0 : Libc.SOCK_NONBLOCK);
        var fd = Libc.Socket(Libc.AF_UNIX, flags, 0).OrThrow("socket AF_UNIX");
        var result = Libc.ConnectUnix(fd, path);
        problem = result.IsError && result.Error != Errno.ECONNREFUSED ? result.Error.Describe() : null;
        if (!result.IsError)
        {
            if (!Libc.GetPeerCredentials(fd, out var peer).IsError && (peer.UserId == 0 || peer.UserId == Libc.EffectiveUserId))
            {
                return fd;
            }
            problem = $"its listener is uid {peer.UserId}'s, not root's";
        }
        Libc.Close(fd);
        return -1;
    }

    public bool IsOpen => _fd >= 0;

    /// <summary>Sends, without waiting.</summary>
    /// <returns>false when the peer is gone, or has not read for so long that there is no room.</returns>
    public bool Send(HandoverMessage message) => IsOpen && !Send(_fd, message).IsError;

    /// <summary>Sends a message over a socket that has no loop yet.</summary>
    public static SyscallResult Send(int fd, HandoverMessage message) => Libc.SendDescriptors(
        fd, message.Encode(), CollectionsMarshal.AsSpan(message.Descriptors));

    /// <summary>Sends all sockets, in as many messages as it takes.</summary>
    public bool SendSockets(HandoverKind kind, IReadOnlyList<ListenSocket> sockets) =>
        HandoverMessage.OfSockets(kind, sockets).All(Send);

    public void OnEvents(uint events)
    {
        while (IsOpen)
        {
            var message = Receive(_fd, _buffer, out var result);
            if (result.WouldBlock)
            {
                return;
            }
            if (message is null)
            {
                Close();
                _onClosed();
                return;
            }
            _onMessage(message);
        }
    }

    /// <summary>Receives one message.</summary>
    /// <returns>null at the peer's end, on an error, or when the message is malformed.</returns>
    public static HandoverMessage? Receive(int fd, byte[] buffer, out SyscallResult result)
    {
        var descriptors = new List<int>();
        result = Libc.ReceiveDescriptors(fd, buffer, descriptors);
        var message = result.IsError || result.Value == 0 ? null : HandoverMessage.Decode(buffer.AsSpan(0,
            result.Value));
        if (message is null)
        {
            CloseAll(descriptors);
            return null;
        }
        message.Descriptors.AddRange(descriptors);
        return message;
    }

    public void Close()
    {
        if (IsOpen)
        {
            _loop.Remove(_fd);
            Libc.Close(_fd);
            _fd = -1;
        }
    }

    /// <summary>Leaves the loop and gives the connected socket back to the caller.</summary>
    public int Release()
    {
        var fd = _fd;
        if (fd >= 0)
        {
            _loop.Remove(fd);
            _fd = -1;
        }
        return fd;
    }

    public static void CloseAll(List<int> descriptors)
    {
        foreach (var fd in descriptors)
        {
            Libc.Close(fd);
        }
        descriptors.Clear();
    }
}

using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Linux.Handover;

/// <summary>One connection of the hand-over protocol, run by an event loop.</summary>
public sealed class HandoverChannel : IEventHandler
{
    private readonly EventLoop _loop;
    private readonly Action<HandoverMessage> _onMessage;
    private readonly Action _onClosed;
    /// <summary>Holds one message until it is decoded, which copies it. All channels of a thread share it, so that a
    /// client that connects a thousand times cannot fill the guard's memory with buffers.</summary>
    [ThreadStatic]
    private static byte[]? s_buffer;

    private int _fd;

    /// <summary>Takes ownership of the connected socket.</summary>
    /// <param name="onMessage">Receives each message and owns its descriptors.</param>
    /// <param name="onClosed">Called when the peer has gone or has sent a malformed message; not called after
    /// <see cref="Close"/>.</param>
    public HandoverChannel(EventLoop loop, int fd, Action<HandoverMessage> onMessage, Action onClosed)
    {
        _loop = loop;
        _fd = fd;
        _onMessage = onMessage;
        _onClosed = onClosed;
        loop.Add(fd, Libc.EPOLLIN, this);
    }

    /// <summary>Connects to a listener of the protocol, but only if its socket's file belongs to root or to this user.
    /// A socket that another user has put at the path is not trusted.</summary>
    /// <param name="problem">Why there is no connection; null when nobody listens there any more
    /// (ECONNREFUSED).</param>
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

    /// <summary>Sends a message without waiting.</summary>
    /// <returns>false when the peer has gone, or when it has not read for so long that the socket's buffer is
    /// full.</returns>
    public bool Send(HandoverMessage message) => IsOpen && !Send(_fd, message).IsError;

    /// <summary>Sends a message over a socket that is not on a loop yet.</summary>
    public static SyscallResult Send(int fd, HandoverMessage message) => Libc.SendDescriptors(
        fd, message.Encode(), CollectionsMarshal.AsSpan(message.Descriptors));

    /// <summary>Sends all sockets, in as many messages as needed.</summary>
    public bool SendSockets(HandoverKind kind, IReadOnlyList<ListenSocket> sockets) =>
        HandoverMessage.OfSockets(kind, sockets).All(Send);

    public void OnEvents(uint events)
    {
        while (IsOpen)
        {
            var message = Receive(_fd, s_buffer ??= new byte[HandoverMessage.Capacity], out var result);
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
    /// <returns>null at the peer's end-of-file, on an error, or when the message is malformed.</returns>
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

    /// <summary>Removes the socket from the loop and returns it to the caller, who then owns it.</summary>
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

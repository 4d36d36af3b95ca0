using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Guard;

/// <summary>A listening Unix socket of the hand-over protocol.</summary>
internal sealed class UnixListener : IEventHandler
{
    private readonly EventLoop _loop;
    private readonly Func<Libc.PeerCredentials, bool> _admit;
    private readonly Action<int> _onAccepted;
    private int _fd;

    private UnixListener(EventLoop loop, int fd, Func<Libc.PeerCredentials, bool> admit, Action<int> onAccepted)
    {
        _loop = loop;
        _fd = fd;
        _admit = admit;
        _onAccepted = onAccepted;
        loop.Add(fd, Libc.EPOLLIN, this);
    }

    /// <summary>Binds and listens. What was at the path, a crashed predecessor's socket or a live one's, is replaced in
    /// one step: whoever connects reaches either the old or the new listener.</summary>
    /// <exception cref="GuardStartException">The directory is missing and cannot be made, or is not
    /// writable.</exception>
    public static UnixListener Open(
        EventLoop loop, string flag, string path, uint mode, Func<Libc.PeerCredentials, bool> admit,
        Action<int> onAccepted)
    {
        var temporary = $"{path}.{Environment.ProcessId}";
        var fd = Libc.Socket(Libc.AF_UNIX, Libc.SOCK_SEQPACKET | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0)
            .OrThrow("socket AF_UNIX");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.Delete(temporary);
            var bound = Libc.BindUnix(fd, temporary);
            if (bound.Error == Errno.EINVAL)
            {
                throw new IOException($"the path is longer than {Libc.UnixPathCapacity - 1} octets");
            }
            bound.OrThrow("bind");
            Libc.ChangeMode(temporary, mode).OrThrow("chmod");
            Libc.Listen(fd, 16).OrThrow("listen");
            File.Move(temporary, path, overwrite: true);
            return new UnixListener(loop, fd, admit, onAccepted);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SyscallException)
        {
            Libc.Close(fd);
            throw new GuardStartException(
                $"{flag} {path}: {failure.Message}: give a path in a directory that this container may write");
        }
    }

    public void OnEvents(uint events)
    {
        while (_fd >= 0 && Libc.AcceptUnix(_fd) is { IsError: false } accepted)
        {
            if (Libc.GetPeerCredentials(accepted.Value, out var peer).IsError || !_admit(peer))
            {
                Libc.Close(accepted.Value);
                continue;
            }
            _onAccepted(accepted.Value);
        }
    }

    public void Close()
    {
        if (_fd >= 0)
        {
            _loop.Remove(_fd);
            Libc.Close(_fd);
            _fd = -1;
        }
    }
}

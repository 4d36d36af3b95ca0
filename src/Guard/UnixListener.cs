using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Guard;

/// <summary>A listening Unix socket of the hand-over protocol, and its path.</summary>
/// <param name="mode">Permissions of the socket's file: who may connect.</param>
/// <param name="admits">Decides, by the peer's credentials (SO_PEERCRED), who may use it.</param>
/// <param name="onAccepted">Takes over the accepted connection.</param>
internal sealed class UnixListener(
    EventLoop loop, string path, uint mode, Func<Libc.PeerCredentials, bool> admits, Action<int> onAccepted)
    : IEventHandler, IDisposable
{
    /// <summary>How often the owner of a listener calls <see cref="Ensure"/>.</summary>
    public const int LookMs = 500;

    private const int Backlog = 16;
    private const string Remedy = "give a path in a directory that this container may write";

    private int _fd = -1;
    private ulong _inode;

    /// <summary>Checks at start whether the path can be created, because a wrong path is then the operator's
    /// mistake.</summary>
    /// <returns>The problem; null when there is none.</returns>
    public static string? Check(string path)
    {
        try
        {
            Directory.CreateDirectory(Folder(path));
            return System.Text.Encoding.UTF8.GetByteCount(path) < Libc.UnixPathCapacity
                ? null
                : $"{path}: the path is longer than {Libc.UnixPathCapacity - 1} octets: give a shorter one";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"{path}: {failure.Message}: {Remedy}";
        }
    }

    /// <summary>Makes the path lead to this listener. Replaces what is there: the socket of a crashed predecessor or of
    /// a live one, or anything that an unprivileged process has put there. A socket is replaced in one step, so that a
    /// client always reaches either the old or the new listener.</summary>
    /// <returns>The problem; null when the path leads here.</returns>
    public string? Ensure()
    {
        if (_fd >= 0 && !Libc.Status(path, out var there).IsError && there.Inode == _inode)
        {
            return null;
        }
        try
        {
            Open();
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SyscallException)
        {
            return $"{path}: {failure.Message}: {Remedy}";
        }
    }

    public void OnEvents(uint events)
    {
        while (_fd >= 0 && Libc.AcceptUnix(_fd) is { IsError: false } accepted)
        {
            if (Libc.GetPeerCredentials(accepted.Value, out var peer).IsError || !admits(peer))
            {
                Libc.Close(accepted.Value);
                continue;
            }
            onAccepted(accepted.Value);
        }
    }

    public void Dispose()
    {
        if (_fd >= 0)
        {
            loop.Remove(_fd);
            Libc.Close(_fd);
            _fd = -1;
        }
    }

    private static string Folder(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;

    private void Open()
    {
        var folder = Folder(path);
        var temporary = $"{path}.{Environment.ProcessId}";
        Directory.CreateDirectory(folder);
        ClearAway(temporary);
        var fd = Libc.Socket(Libc.AF_UNIX, Libc.SOCK_SEQPACKET | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0)
            .OrThrow("socket AF_UNIX");
        try
        {
            var bound = Libc.BindUnix(fd, temporary);
            if (bound.Error == Errno.ENOSPC)
            {
                EmptyOfOthers(folder);
                bound = Libc.BindUnix(fd, temporary);
            }
            bound.OrThrow("bind");
            Libc.ChangeMode(temporary, mode).OrThrow("chmod");
            Libc.Listen(fd, Backlog).OrThrow("listen");
            Libc.Status(temporary, out var made).OrThrow("statx");
            if (!Libc.Status(path, out var there).IsError && there.IsDirectory)
            {
                ClearAway(path);
            }
            File.Move(temporary, path, overwrite: true);
            Dispose();
            (_fd, _inode) = (fd, made.Inode);
        }
        catch
        {
            Libc.Close(fd);
            throw;
        }
        loop.Add(_fd, Libc.EPOLLIN, this);
    }

    /// <summary>Removes what is at the path. A directory may hold entries that only their owner can delete; then it is
    /// moved aside.</summary>
    private static void ClearAway(string path)
    {
        if (Libc.Status(path, out var there).IsError)
        {
            return;
        }
        if (!there.IsDirectory)
        {
            File.Delete(path);
            return;
        }
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Directory.Move(path, $"{path}.{Guid.NewGuid():N}.aside");
        }
    }

    /// <summary>Makes room when the directory is full: deletes files of other users. Only in a directory that guard and
    /// cache have for themselves.</summary>
    private static void EmptyOfOthers(string folder)
    {
        if (Libc.Status(folder, out var self).IsError || self.IsSticky || self.UserId != Libc.EffectiveUserId)
        {
            return;
        }
        foreach (var entry in Directory.EnumerateFileSystemEntries(folder).ToList())
        {
            if (!Libc.Status(entry, out var status).IsError && status.UserId != Libc.EffectiveUserId)
            {
                ClearAway(entry);
            }
        }
    }
}

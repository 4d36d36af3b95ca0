using System.Runtime.InteropServices;

namespace NodeDns.Linux.Interop;

/// <summary>statx(2), the only stat call whose struct is the same on every architecture.</summary>
public static unsafe partial class Libc
{
    private const int AT_FDCWD = -100;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_BASIC_STATS = 0x7ff;
    private const int S_IFMT = 0xf000;
    private const int S_IFDIR = 0x4000;

    /// <summary>sizeof(struct statx). Octets 20-23 are the uid, 28-29 the mode, 32-39 the inode.</summary>
    private const int StatxSize = 256;

    /// <summary>Owner, mode and inode of a file.</summary>
    public readonly record struct FileStatus(uint UserId, ushort Mode, ulong Inode)
    {
        public bool IsDirectory => (Mode & S_IFMT) == S_IFDIR;

        /// <summary>Sticky directory: only an entry's owner may remove it.</summary>
        public bool IsSticky => (Mode & 0x200) != 0;

        /// <summary>Users other than the owner may add and remove entries.</summary>
        public bool IsSharedForWriting => (Mode & 0x12) != 0;
    }

    /// <summary>The file at a path; a symbolic link is not followed. ENOENT when there is none.</summary>
    public static SyscallResult Status(string path, out FileStatus status) =>
        Status(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, out status);

    /// <summary>The file behind a descriptor. For a socket, the uid is its creator's.</summary>
    public static SyscallResult Status(int fd, out FileStatus status) => Status(fd, "", AT_EMPTY_PATH, out status);

    private static SyscallResult Status(int directory, string path, int flags, out FileStatus status)
    {
        var bytes = stackalloc byte[StatxSize];
        // SAFETY: the kernel writes at most StatxSize octets, on this stack frame.
        var result = Result(statx(directory, path, flags, STATX_BASIC_STATS, bytes));
        status = result.IsError
            ? default
            : new FileStatus(*(uint*)(bytes + 20), *(ushort*)(bytes + 28), *(ulong*)(bytes + 32));
        return result;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, byte* status);
}

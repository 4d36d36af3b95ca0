using System.Runtime.InteropServices;

namespace NodeDns.Linux.Interop;

public static unsafe partial class Libc
{
    private const int MADV_DONTNEED = 4;
    private const int PROT_READ_WRITE = 0x1 | 0x2;
    private const int MAP_SHARED = 0x1;
    private const int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x2 | 0x20 | 0x4000;

    /// <summary>Maps private zeroed pages that use no memory until they are touched (mmap(2), MAP_NORESERVE).</summary>
    /// <exception cref="SyscallException">The address space or the container's limit is exhausted.</exception>
    public static byte* MapPages(nuint bytes)
    {
        var pages = mmap(null, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
        return pages != (byte*)-1
            ? pages
            : throw new SyscallException($"mmap {bytes} octets", (Errno)Marshal.GetLastSystemError());
    }

    /// <summary>Sets a file's length and maps it, shared with other processes that map it (mmap(2),
    /// MAP_SHARED).</summary>
    /// <exception cref="SyscallException">The address space or the container's limit is exhausted.</exception>
    public static byte* MapFile(int fd, nuint bytes)
    {
        Result(ftruncate(fd, (nint)bytes)).OrThrow("ftruncate");
        var pages = mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0);
        return pages != (byte*)-1
            ? pages
            : throw new SyscallException($"mmap {bytes} octets", (Errno)Marshal.GetLastSystemError());
    }

    public static void UnmapPages(byte* pages, nuint bytes) => _ = munmap(pages, bytes);

    /// <summary>Gives the pages of a mapping back to the kernel (madvise(2), MADV_DONTNEED). Pages of a file are read
    /// again when they are touched; what was written to a private mapping is lost.</summary>
    public static SyscallResult ForgetPages(nuint start, nuint bytes) =>
        Result(madvise((void*)start, bytes, MADV_DONTNEED));

    /// <summary>Random octets from the kernel (getrandom(2)). RandomNumberGenerator would load OpenSSL.</summary>
    public static void FillRandom(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            // SAFETY: the kernel writes at most buffer.Length octets.
            fixed (byte* pointer = buffer)
            {
                var result = Result(getrandom(pointer, (nuint)buffer.Length, 0));
                if (result.Error != Errno.EINTR)
                {
                    buffer = buffer[result.OrThrow("getrandom")..];
                }
            }
        }
    }

    [LibraryImport("libc")]
    private static partial byte* mmap(void* address, nuint length, int protection, int flags, int fd, nint offset);

    [LibraryImport("libc")]
    private static partial int ftruncate(int fd, nint length);

    [LibraryImport("libc")]
    private static partial int madvise(void* address, nuint length, int advice);

    [LibraryImport("libc")]
    private static partial int munmap(void* address, nuint length);

    [LibraryImport("libc")]
    private static partial nint getrandom(void* buffer, nuint length, uint flags);
}

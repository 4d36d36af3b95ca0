using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NodeDns.Linux.Interop;

public static unsafe partial class Libc
{
    public const uint EPOLLIN = 0x1;
    public const uint EPOLLOUT = 0x4;
    public const uint EPOLLERR = 0x8;
    public const uint EPOLLHUP = 0x10;
    public const uint EPOLLRDHUP = 0x2000;
    public const uint EPOLLEXCLUSIVE = 1u << 28;
    public const uint EPOLLET = 1u << 31;

    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;

    /// <summary>sizeof(struct epoll_event) of this machine.</summary>
    public static readonly int EpollEventSize = EpollEventSizeOf(RuntimeInformation.ProcessArchitecture);

    private static readonly int s_epollDataOffset = EpollEventSize - sizeof(ulong);

    /// <summary>sizeof(struct epoll_event): packed to 12 octets on x86-64, 16 everywhere else (epoll_ctl(2)).</summary>
    public static int EpollEventSizeOf(Architecture architecture) => architecture == Architecture.X64 ? 12 : 16;

    /// <summary>epoll_create1(2), close-on-exec.</summary>
    public static SyscallResult EpollCreate() => Result(epoll_create1(SOCK_CLOEXEC));

    public static SyscallResult EpollControl(int epoll, int operation, int fd, uint events, ulong data)
    {
        var entry = stackalloc byte[16];
        Unsafe.WriteUnaligned(entry, events);
        Unsafe.WriteUnaligned(entry + s_epollDataOffset, data);
        return Result(epoll_ctl(epoll, operation, fd, entry));
    }

    /// <summary>epoll_wait(2). An interrupted wait returns 0 events.</summary>
    /// <param name="events">Room for <paramref name="capacity"/> × <see cref="EpollEventSize"/> octets.</param>
    /// <param name="timeoutMs">-1 waits for ever.</param>
    public static SyscallResult EpollWait(int epoll, byte* events, int capacity, int timeoutMs)
    {
        var result = Result(epoll_wait(epoll, events, capacity, timeoutMs));
        return result.Error == Errno.EINTR ? SyscallResult.From(0, 0) : result;
    }

    /// <summary>The readiness bits of one event, and the data that was passed to epoll_ctl.</summary>
    public static (uint Events, ulong Data) ReadEpollEvent(byte* events, int index)
    {
        var entry = events + index * EpollEventSize;
        return (Unsafe.ReadUnaligned<uint>(entry), Unsafe.ReadUnaligned<ulong>(entry + s_epollDataOffset));
    }

    /// <summary>eventfd(2), non-blocking, close-on-exec.</summary>
    public static SyscallResult EventFd() => Result(eventfd(0, SOCK_NONBLOCK | SOCK_CLOEXEC));

    /// <summary>Adds one to an eventfd, which wakes the thread that waits for it.</summary>
    public static void SignalEventFd(int fd)
    {
        var one = 1UL;
        _ = write(fd, &one, sizeof(ulong));
    }

    /// <summary>Resets an eventfd to zero.</summary>
    public static void DrainEventFd(int fd)
    {
        ulong count;
        _ = read(fd, &count, sizeof(ulong));
    }

    /// <summary>Sleeps (nanosleep(2)). A signal may end the sleep early.</summary>
    public static void Sleep(long nanoseconds)
    {
        var time = stackalloc long[2];
        time[0] = nanoseconds / 1_000_000_000;
        time[1] = nanoseconds % 1_000_000_000;
        _ = nanosleep(time, null);
    }

    [LibraryImport("libc")]
    private static partial int nanosleep(long* wanted, long* left);

    [LibraryImport("libc")]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc")]
    private static partial int epoll_ctl(int epoll, int operation, int fd, byte* entry);

    [LibraryImport("libc")]
    private static partial int epoll_wait(int epoll, byte* events, int capacity, int timeoutMs);

    [LibraryImport("libc")]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc")]
    private static partial nint write(int fd, void* buffer, nuint length);

    [LibraryImport("libc")]
    private static partial nint read(int fd, void* buffer, nuint length);
}

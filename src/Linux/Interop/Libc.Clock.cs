using System.Runtime.InteropServices;

namespace NodeDns.Linux.Interop;

/// <summary>Clocks of the machine and of this process: clock_gettime(2).</summary>
public static unsafe partial class Libc
{
    private const int CLOCK_PROCESS_CPUTIME_ID = 2;
    private const int CLOCK_BOOTTIME = 7;

    /// <summary>Milliseconds since the machine started, including time asleep. The same for all processes on the
    /// machine.</summary>
    public static long BootTimeMs => ReadClock(CLOCK_BOOTTIME) / 1_000_000;

    /// <summary>The processor time of all threads of this process, user and system, in nanoseconds.</summary>
    public static long ProcessTimeNs => ReadClock(CLOCK_PROCESS_CPUTIME_ID);

    private static long ReadClock(int clock)
    {
        var time = stackalloc long[2];
        // SAFETY: the kernel writes one timespec, two 64-bit words on x86-64 and arm64.
        Result(clock_gettime(clock, time)).OrThrow("clock_gettime");
        return time[0] * 1_000_000_000 + time[1];
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, long* time);
}

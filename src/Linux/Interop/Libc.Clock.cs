using System.Runtime.InteropServices;

namespace NodeDns.Linux.Interop;

/// <summary>Clocks of the whole machine: clock_gettime(2).</summary>
public static unsafe partial class Libc
{
    private const int CLOCK_BOOTTIME = 7;

    /// <summary>Milliseconds since the machine started, including time asleep. The same for all processes on the
    /// machine.</summary>
    public static long BootTimeMs
    {
        get
        {
            var time = stackalloc long[2];
            // SAFETY: the kernel writes one timespec, two 64-bit words on x86-64 and arm64.
            Result(clock_gettime(CLOCK_BOOTTIME, time)).OrThrow("clock_gettime");
            return time[0] * 1000 + time[1] / 1_000_000;
        }
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, long* time);
}

namespace NodeDns.Linux.Interop;

/// <summary>socket(7): steering a SO_REUSEPORT group with a classic BPF program.</summary>
public static unsafe partial class Libc
{
    private const int SO_ATTACH_REUSEPORT_CBPF = 51;
    private const int SO_DETACH_REUSEPORT_BPF = 68;

    /// <summary>Sends everything new to the group's members <paramref name="first"/> to <paramref name="first"/> +
    /// <paramref name="count"/> - 1, counted in the order of their bind(2); the others drain.</summary>
    /// <remarks>An index beyond the group, after members have left, falls back to the kernel's hash.</remarks>
    public static SyscallResult SteerReuseport(int fd, uint first, uint count)
    {
        // struct sock_filter: code (2), jump true (1), jump false (1), constant (4).
        const ulong randomOffset = unchecked((uint)(-0x1000 + 56));
        var program = stackalloc ulong[]
        {
            0x20 | randomOffset << 32, // ld rand
            0x94 | (ulong)count << 32, // mod #count
            0x04 | (ulong)first << 32, // add #first
            0x16, // ret a
        };
        // struct sock_fprog: length (2), padding (6), pointer (8).
        var description = stackalloc ulong[] { 4, (ulong)program };
        // SAFETY: the kernel copies both during the call.
        return Result(setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, description, 16));
    }

    /// <summary>Gives the choice back to the kernel's hash. ENOENT: there was no program.</summary>
    public static SyscallResult UnsteerReuseport(int fd) => SetSocketOption(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0);
}

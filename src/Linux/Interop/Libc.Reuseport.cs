namespace NodeDns.Linux.Interop;

/// <summary>socket(7): chooses among the sockets of an SO_REUSEPORT group with a classic BPF program.</summary>
public static unsafe partial class Libc
{
    private const int SO_ATTACH_REUSEPORT_CBPF = 51;
    private const int SO_DETACH_REUSEPORT_BPF = 68;

    /// <summary>Sends new datagrams and connections only to the group's members <paramref name="first"/> to
    /// <paramref name="first"/> + <paramref name="count"/> - 1, in the order of their bind(2). The other members only
    /// keep what is in their queues.</summary>
    /// <remarks>If members leave and an index is beyond the group, the kernel chooses by its hash as usual.</remarks>
    public static SyscallResult SteerReuseport(int fd, uint first, uint count)
    {
        // struct sock_filter: code (2 octets), jump true (1), jump false (1), constant (4).
        const ulong randomOffset = unchecked((uint)(-0x1000 + 56));
        var program = stackalloc ulong[]
        {
            0x20 | randomOffset << 32, // ld rand
            0x94 | (ulong)count << 32, // mod #count
            0x04 | (ulong)first << 32, // add #first
            0x16, // ret a
        };
        // struct sock_fprog: length (2 octets), padding (6), pointer (8).
        var description = stackalloc ulong[] { 4, (ulong)program };
        // SAFETY: the kernel copies both during the call.
        return Result(setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, description, 16));
    }

    /// <summary>Removes the program, so that the kernel chooses by its hash again. ENOENT when there was
    /// none.</summary>
    public static SyscallResult UnsteerReuseport(int fd) => SetSocketOption(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0);
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;
using Xunit;

namespace NodeDns.Cache.Tests.Interop;

/// <summary>What the kernel's headers say of each struct and constant, by the C compilers of both architectures.</summary>
public sealed class StructLayoutTests
{
    private static (string C, long Ours)[] Facts(Architecture architecture) =>
    [
        ("sizeof(struct iovec)", Marshal.SizeOf<IoVector>()),
        ("offsetof(struct iovec, iov_len)", Offset<IoVector>(nameof(IoVector.Length))),
        ("sizeof(struct msghdr)", Marshal.SizeOf<MessageHeader>()),
        ("offsetof(struct msghdr, msg_name)", Offset<MessageHeader>(nameof(MessageHeader.Name))),
        ("offsetof(struct msghdr, msg_namelen)", Offset<MessageHeader>(nameof(MessageHeader.NameLength))),
        ("offsetof(struct msghdr, msg_iov)", Offset<MessageHeader>(nameof(MessageHeader.Vectors))),
        ("offsetof(struct msghdr, msg_iovlen)", Offset<MessageHeader>(nameof(MessageHeader.VectorCount))),
        ("offsetof(struct msghdr, msg_control)", Offset<MessageHeader>(nameof(MessageHeader.Control))),
        ("offsetof(struct msghdr, msg_controllen)", Offset<MessageHeader>(nameof(MessageHeader.ControlLength))),
        ("offsetof(struct msghdr, msg_flags)", Offset<MessageHeader>(nameof(MessageHeader.Flags))),
        ("sizeof(struct mmsghdr)", Marshal.SizeOf<MultiMessageHeader>()),
        ("offsetof(struct mmsghdr, msg_len)", Offset<MultiMessageHeader>(nameof(MultiMessageHeader.Length))),
        ("sizeof(struct sockaddr_in6)", SocketAddress.Capacity),
        ("sizeof(struct epoll_event)", Libc.EpollEventSizeOf(architecture)),
        ("offsetof(struct epoll_event, data)", Libc.EpollEventSizeOf(architecture) - sizeof(ulong)),
        ("CMSG_LEN(0)", SegmentSizeHeader),
        ("CMSG_SPACE(sizeof(short))", Marshal.SizeOf<SegmentSize>()),
        ("sizeof(((struct sockaddr_un *)0)->sun_path)", Libc.UnixPathCapacity),
        ("sizeof(struct sockaddr_nl)", 12),
        ("sizeof(struct nlmsghdr)", 16),
        ("sizeof(struct nlattr)", 4),
        ("sizeof(struct nlmsgerr)", 4 + 16),
        ("sizeof(struct ifinfomsg)", 16),
        ("sizeof(struct ifaddrmsg)", 8),
        ("sizeof(struct inet_diag_req_v2)", 56),
        ("offsetof(struct inet_diag_msg, id.idiag_sport)", 4),
        ("offsetof(struct inet_diag_msg, id.idiag_src)", 8),
        ("offsetof(struct inet_diag_msg, idiag_inode)", 68),
        ("sizeof(struct inet_diag_bc_op)", 4),
        ("sizeof(siginfo_t)", 128),
        ("offsetof(siginfo_t, si_code)", 8),
        ("offsetof(siginfo_t, si_status)", 24),
        ("sizeof(struct statx)", 256),
        ("offsetof(struct statx, stx_uid)", 20),
        ("offsetof(struct statx, stx_mode)", 28),
        ("offsetof(struct statx, stx_ino)", 32),
        ("sizeof(struct sock_filter)", 8),
        ("sizeof(struct sock_fprog)", 16),
        ("offsetof(struct sock_fprog, filter)", 8),
        ("offsetof(struct tcp_info, tcpi_unacked)", 24),
        ("sizeof(struct in_pktinfo)", 12),
        ("sizeof(struct in6_pktinfo)", 20),
        ("O_RDWR", 2),
        ("O_ACCMODE", 3),
        ("SCM_RIGHTS", 1),
        ("MSG_CMSG_CLOEXEC", 0x40000000),
        ("SO_ATTACH_REUSEPORT_CBPF", 51),
        ("MAP_NORESERVE", 0x4000),
        ("sizeof(struct ucred)", Marshal.SizeOf<Libc.PeerCredentials>()),
        ("AF_INET", SocketAddress.FamilyIPv4),
        ("AF_INET6", SocketAddress.FamilyIPv6),
        ("SOCK_NONBLOCK", Libc.SOCK_NONBLOCK),
        ("SOCK_CLOEXEC", Libc.SOCK_CLOEXEC),
        ("SO_REUSEPORT", Libc.SO_REUSEPORT),
        ("SO_RCVBUFFORCE", Libc.SO_RCVBUFFORCE),
        ("SO_RXQ_OVFL", Libc.SO_RXQ_OVFL),
        ("SO_MEMINFO", Libc.SO_MEMINFO),
        ("SO_PEERCRED", Libc.SO_PEERCRED),
        ("IP_FREEBIND", Libc.IP_FREEBIND),
        ("IPV6_FREEBIND", Libc.IPV6_FREEBIND),
        ("IPV6_V6ONLY", Libc.IPV6_V6ONLY),
        ("TCP_INFO", Libc.TCP_INFO),
        ("UDP_SEGMENT", Libc.UDP_SEGMENT),
        ("MSG_DONTWAIT", Libc.MSG_DONTWAIT),
        ("MSG_NOSIGNAL", Libc.MSG_NOSIGNAL),
        ("EPOLLIN", Libc.EPOLLIN),
        ("EPOLLOUT", Libc.EPOLLOUT),
        ("EPOLLERR", Libc.EPOLLERR),
        ("EPOLLHUP", Libc.EPOLLHUP),
        ("EPOLLRDHUP", Libc.EPOLLRDHUP),
        ("(unsigned)EPOLLET", Libc.EPOLLET),
    ];

    private const int SegmentSizeHeader = 16;

    public static TheoryData<Architecture, string[], string[]> Compilers => new()
    {
        { Architecture.X64, ["x86_64-linux-gnu-gcc", "gcc", "clang"], [] },
        { Architecture.Arm64, ["aarch64-linux-gnu-gcc"], ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"] },
    };

    /// <summary>The numbers that are written out are those of comments in src/Linux/Interop and src/Guard/Node.</summary>
    [Theory]
    [MemberData(nameof(Compilers))]
    public void Layouts_and_constants_are_those_of_the_c_headers(Architecture architecture, string[] compilers, string[] runner)
    {
        Assert.SkipWhen(
            architecture == Architecture.X64 && RuntimeInformation.ProcessArchitecture != Architecture.X64, "not this machine's");
        var facts = Facts(architecture);
        var folder = Directory.CreateTempSubdirectory("nodedns-layout-").FullName;
        try
        {
            var source = Path.Combine(folder, "facts.c");
            var program = Path.Combine(folder, "facts");
            File.WriteAllText(source, $$"""
                #define _GNU_SOURCE
                #include <stddef.h>
                #include <stdio.h>
                #include <sys/socket.h>
                #include <sys/uio.h>
                #include <sys/epoll.h>
                #include <netinet/in.h>
                #include <netinet/udp.h>
                #include <linux/tcp.h>
                #include <signal.h>
                #include <fcntl.h>
                #include <sys/mman.h>
                #include <sys/stat.h>
                #include <sys/un.h>
                #include <linux/filter.h>
                #include <linux/netlink.h>
                #include <linux/rtnetlink.h>
                #include <linux/inet_diag.h>
                #ifndef SO_MEMINFO
                #define SO_MEMINFO 55
                #endif
                #ifndef UDP_SEGMENT
                #define UDP_SEGMENT 103
                #endif
                int main(void) {
                {{string.Join('\n', facts.Select(fact => $"    printf(\"%lld\\n\", (long long)({fact.C}));"))}}
                    return 0;
                }
                """);
            var compiler = compilers.First(name => name == compilers[^1] || File.Exists("/usr/bin/" + name));
            Assert.Equal("", Output(compiler, "-o", program, source));
            string[] command = [.. runner, program];
            var values = Output(command[0], command[1..]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse);
            Assert.Equal(
                facts.Zip(values, (fact, value) => $"{fact.C} = {value}"),
                facts.Select(fact => $"{fact.C} = {fact.Ours}"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static long Offset<T>(string field) => Marshal.OffsetOf<T>(field);

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}

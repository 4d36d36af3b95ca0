using System.Diagnostics;
using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;
using Xunit;

namespace NodeDns.Cache.Tests.Interop;

/// <summary>What the kernel's headers say of each struct and constant, by the C compiler of this machine.</summary>
public sealed class StructLayoutTests
{
    private static readonly (string C, long Ours)[] s_facts =
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
        ("sizeof(struct epoll_event)", Libc.EpollEventSize),
        ("offsetof(struct epoll_event, data)", Libc.EpollEventSize - sizeof(ulong)),
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

    [Fact]
    public void Layouts_and_constants_are_those_of_the_c_headers()
    {
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
                #include <netinet/tcp.h>
                #ifndef SO_MEMINFO
                #define SO_MEMINFO 55
                #endif
                #ifndef UDP_SEGMENT
                #define UDP_SEGMENT 103
                #endif
                int main(void) {
                {{string.Join('\n', s_facts.Select(fact => $"    printf(\"%lld\\n\", (long long)({fact.C}));"))}}
                    return 0;
                }
                """);
            var compiler = File.Exists("/usr/bin/gcc") ? "gcc" : "clang";
            Assert.Equal("", Output(compiler, "-o", program, source));
            var values = Output(program).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse);
            Assert.Equal(
                s_facts.Zip(values, (fact, value) => $"{fact.C} = {value}"),
                s_facts.Select(fact => $"{fact.C} = {fact.Ours}"));
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

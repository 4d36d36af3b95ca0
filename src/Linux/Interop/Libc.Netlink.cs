using System.Runtime.InteropServices;

namespace NodeDns.Linux.Interop;

/// <summary>netlink(7), rtnetlink(7), sock_diag(7).</summary>
public static unsafe partial class Libc
{
    public const int AF_UNSPEC = 0;
    public const int AF_NETLINK = 16;
    public const int SOCK_RAW = 3;

    public const int NETLINK_ROUTE = 0;
    public const int NETLINK_SOCK_DIAG = 4;
    public const int NETLINK_NETFILTER = 12;

    public const int SOL_NETLINK = 270;
    public const int NETLINK_ADD_MEMBERSHIP = 1;
    public const int NETLINK_CAP_ACK = 10;
    public const int NETLINK_EXT_ACK = 11;
    public const int NETLINK_GET_STRICT_CHK = 12;

    public const uint RTNLGRP_LINK = 1;
    public const uint RTNLGRP_IPV4_IFADDR = 5;
    public const uint RTNLGRP_IPV6_IFADDR = 9;

    public const ushort NLMSG_ERROR = 2;
    public const ushort NLMSG_DONE = 3;

    public const ushort NLM_F_REQUEST = 0x1;
    public const ushort NLM_F_ACK = 0x4;
    public const ushort NLM_F_CAPPED = 0x100;
    public const ushort NLM_F_ACK_TLVS = 0x200;
    public const ushort NLM_F_DUMP = 0x300;
    public const ushort NLM_F_REPLACE = 0x100;
    public const ushort NLM_F_EXCL = 0x200;
    public const ushort NLM_F_CREATE = 0x400;
    public const ushort NLM_F_APPEND = 0x800;

    public const ushort NLA_F_NESTED = 0x8000;
    public const ushort NLA_TYPE_MASK = 0x3fff;

    public const ushort RTM_NEWLINK = 16;
    public const ushort RTM_DELLINK = 17;
    public const ushort RTM_GETLINK = 18;
    public const ushort RTM_NEWADDR = 20;
    public const ushort RTM_DELADDR = 21;
    public const ushort RTM_GETADDR = 22;
    public const ushort RTM_NEWROUTE = 24;
    public const ushort RTM_GETROUTE = 26;

    public const ushort IFLA_IFNAME = 3;
    public const ushort IFLA_LINKINFO = 18;
    public const ushort IFLA_IFALIAS = 20;
    public const ushort IFLA_INFO_KIND = 1;

    public const uint IFF_UP = 0x1;
    public const uint IFF_MULTICAST = 0x1000;

    public const ushort IFA_ADDRESS = 1;
    public const ushort IFA_LOCAL = 2;
    public const ushort IFA_FLAGS = 8;
    public const ushort IFA_PROTO = 11;
    public const uint IFA_F_NODAD = 0x02;
    public const byte RT_SCOPE_LINK = 253;

    public const byte RT_TABLE_LOCAL = 255;
    public const byte RTN_LOCAL = 2;
    public const ushort RTA_DST = 1;
    public const ushort RTA_OIF = 4;

    public const ushort SOCK_DIAG_BY_FAMILY = 20;
    public const ushort SOCK_DESTROY = 21;

    /// <summary>sizeof(struct sockaddr_nl): family, padding, port id, groups.</summary>
    private const int NetlinkAddressSize = 12;

    /// <summary>bind(2) of a netlink socket. The kernel chooses the port id.</summary>
    public static SyscallResult BindNetlink(int fd)
    {
        var address = stackalloc byte[NetlinkAddressSize];
        new Span<byte>(address, NetlinkAddressSize).Clear();
        *(ushort*)address = AF_NETLINK;
        // SAFETY: bind reads NetlinkAddressSize octets and knows the layout from the family.
        return Result(bind(fd, (SocketAddress*)address, NetlinkAddressSize));
    }

    /// <summary>if_nametoindex(3); 0 when there is no link of that name.</summary>
    public static int LinkIndex(string name) => (int)if_nametoindex(name);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial uint if_nametoindex(string name);
}

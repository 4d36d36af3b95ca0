namespace NodeDns.Linux.Interop;

/// <summary>tc(8): qdiscs and filters of rtnetlink, and the attributes of links that tell where they may be.</summary>
public static partial class Libc
{
    public const ushort RTM_NEWQDISC = 36;
    public const ushort RTM_DELQDISC = 37;
    public const ushort RTM_NEWTFILTER = 44;
    public const ushort RTM_DELTFILTER = 45;
    public const ushort RTM_GETTFILTER = 46;

    public const ushort TCA_KIND = 1;
    public const ushort TCA_OPTIONS = 2;
    public const ushort TCA_BPF_FD = 6;
    public const ushort TCA_BPF_NAME = 7;
    public const ushort TCA_BPF_FLAGS = 8;
    public const ushort TCA_BPF_ID = 11;
    public const uint TCA_BPF_FLAG_ACT_DIRECT = 1;

    public const uint TC_H_CLSACT = 0xFFFF_FFF1;
    public const uint TC_H_CLSACT_HANDLE = 0xFFFF_0000;
    public const uint TC_H_CLSACT_INGRESS = 0xFFFF_FFF2;
    public const uint TC_H_CLSACT_EGRESS = 0xFFFF_FFF3;
    public const ushort ETH_P_ALL = 3;

    public const ushort IFLA_LINK_NETNSID = 37;
    public const ushort IFLA_XDP = 43;
    public const ushort IFLA_XDP_ATTACHED = 2;
}

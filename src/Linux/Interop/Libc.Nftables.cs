namespace NodeDns.Linux.Interop;

/// <summary>Constants of linux/netfilter/nf_tables.h, nfnetlink.h and nfnetlink_conntrack.h. The calls are in
/// Libc.Netlink.cs.</summary>
public static unsafe partial class Libc
{
    public const ushort NFNL_MSG_BATCH_BEGIN = 0x10;
    public const ushort NFNL_MSG_BATCH_END = 0x11;
    public const ushort NFNL_SUBSYS_CTNETLINK = 1;
    public const ushort NFNL_SUBSYS_NFTABLES = 10;
    public const uint NFNLGRP_NFTABLES = 7;

    public const byte NFPROTO_UNSPEC = 0;
    public const byte NFPROTO_INET = 1;
    public const byte NFPROTO_IPV4 = 2;
    public const byte NFPROTO_IPV6 = 10;

    public const uint NF_INET_PRE_ROUTING = 0;
    public const uint NF_INET_LOCAL_OUT = 3;
    public const uint NF_INET_POST_ROUTING = 4;

    public const ushort NFT_MSG_NEWTABLE = 0;
    public const ushort NFT_MSG_GETTABLE = 1;
    public const ushort NFT_MSG_DELTABLE = 2;
    public const ushort NFT_MSG_NEWCHAIN = 3;
    public const ushort NFT_MSG_NEWRULE = 6;
    public const ushort NFT_MSG_GETRULE = 7;
    public const ushort NFT_MSG_DELRULE = 8;
    public const ushort NFT_MSG_NEWSET = 9;
    public const ushort NFT_MSG_NEWSETELEM = 12;
    public const ushort NFT_MSG_GETSETELEM = 13;
    public const ushort NFT_MSG_DELSETELEM = 14;

    public const int NFTA_LIST_ELEM = 1;
    public const int NFTA_DATA_VALUE = 1;
    public const int NFTA_TABLE_NAME = 1;
    public const int NFTA_TABLE_FLAGS = 2;
    public const int NFTA_TABLE_USERDATA = 6;
    public const int NFTA_CHAIN_TABLE = 1;
    public const int NFTA_CHAIN_NAME = 3;
    public const int NFTA_CHAIN_HOOK = 4;
    public const int NFTA_CHAIN_POLICY = 5;
    public const int NFTA_CHAIN_TYPE = 7;
    public const int NFTA_HOOK_HOOKNUM = 1;
    public const int NFTA_HOOK_PRIORITY = 2;
    public const int NFTA_RULE_TABLE = 1;
    public const int NFTA_RULE_CHAIN = 2;
    public const int NFTA_RULE_HANDLE = 3;
    public const int NFTA_RULE_EXPRESSIONS = 4;
    public const int NFTA_SET_TABLE = 1;
    public const int NFTA_SET_NAME = 2;
    public const int NFTA_SET_FLAGS = 3;
    public const int NFTA_SET_KEY_TYPE = 4;
    public const int NFTA_SET_KEY_LEN = 5;
    public const int NFTA_SET_ID = 10;
    public const int NFTA_SET_ELEM_LIST_TABLE = 1;
    public const int NFTA_SET_ELEM_LIST_SET = 2;
    public const int NFTA_SET_ELEM_LIST_ELEMENTS = 3;
    public const int NFTA_SET_ELEM_KEY = 1;
    public const int NFTA_SET_ELEM_TIMEOUT = 4;
    public const uint NFT_SET_TIMEOUT = 0x10;

    public const int NFTA_EXPR_NAME = 1;
    public const int NFTA_EXPR_DATA = 2;
    public const uint NFT_REG_1 = 1;
    public const uint NFT_REG_2 = 2;
    public const uint NFT_META_NFPROTO = 15;
    public const uint NFT_META_L4PROTO = 16;
    public const uint NFT_PAYLOAD_NETWORK_HEADER = 1;
    public const uint NFT_PAYLOAD_TRANSPORT_HEADER = 2;
    public const uint NFT_CT_DST_IP = 20;
    public const uint NFT_CT_DST_IP6 = 22;
    public const uint NFT_NAT_DNAT = 1;
    public const uint NF_NAT_RANGE_PROTO_SPECIFIED = 2;

    public const ushort IPCTNL_MSG_CT_GET = 1;
    public const int CTA_TUPLE_ORIG = 1;
    public const int CTA_TUPLE_REPLY = 2;
    public const int CTA_TUPLE_IP = 1;
    public const int CTA_TUPLE_PROTO = 2;
    public const int CTA_IP_V4_SRC = 1;
    public const int CTA_IP_V4_DST = 2;
    public const int CTA_IP_V6_SRC = 3;
    public const int CTA_IP_V6_DST = 4;
    public const int CTA_PROTO_NUM = 1;
    public const int CTA_PROTO_SRC_PORT = 2;
    public const int CTA_PROTO_DST_PORT = 3;
}

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>One nf_tables transaction: all its changes take effect at once, or none does.</summary>
internal sealed class NftBatch
{
    /// <summary>The table's comment as 'nft list' shows it (libnftnl: type 0, length, text).</summary>
    private static readonly byte[] s_comment = [0, (byte)(Link.OwnAlias.Length + 1), .. Encoding.ASCII.GetBytes(Link.OwnAlias), 0];

    private readonly NetlinkWriter _writer = new();

    public NftBatch() => Begin(Libc.NFNL_MSG_BATCH_BEGIN, 0, Libc.NFPROTO_UNSPEC, Libc.NFNL_SUBSYS_NFTABLES);

    /// <summary>Removes a table, whether or not it exists.</summary>
    public NftBatch DropTable(string table)
    {
        Table(table);
        Command(Libc.NFT_MSG_DELTABLE, 0).Text(Libc.NFTA_TABLE_NAME, table);
        return this;
    }

    public NftBatch Table(string table)
    {
        Command(Libc.NFT_MSG_NEWTABLE, Libc.NLM_F_CREATE)
            .Text(Libc.NFTA_TABLE_NAME, table)
            .Number(Libc.NFTA_TABLE_FLAGS, 0)
            .Attribute(Libc.NFTA_TABLE_USERDATA, s_comment);
        return this;
    }

    /// <summary>Adds a set of addresses of one family.</summary>
    public NftBatch AddressSet(string table, string set, AddressFamily family, uint id, uint flags = 0)
    {
        // Key types 7 and 8 are libnftables' numbers for ipv4_addr and ipv6_addr. 'nft list' needs them to print
        // addresses.
        var isIPv6 = family == AddressFamily.InterNetworkV6;
        Command(Libc.NFT_MSG_NEWSET, Libc.NLM_F_CREATE)
            .Text(Libc.NFTA_SET_TABLE, table)
            .Text(Libc.NFTA_SET_NAME, set)
            .Number(Libc.NFTA_SET_FLAGS, flags)
            .Number(Libc.NFTA_SET_KEY_TYPE, isIPv6 ? 8u : 7u)
            .Number(Libc.NFTA_SET_KEY_LEN, isIPv6 ? 16u : 4u)
            .Number(Libc.NFTA_SET_ID, id);
        return this;
    }

    /// <summary>Adds a base chain with policy accept.</summary>
    public NftBatch Chain(string table, string chain, string type, uint hook, int priority)
    {
        Command(Libc.NFT_MSG_NEWCHAIN, Libc.NLM_F_CREATE)
            .Text(Libc.NFTA_CHAIN_TABLE, table)
            .Text(Libc.NFTA_CHAIN_NAME, chain)
            .Text(Libc.NFTA_CHAIN_TYPE, type)
            .Number(Libc.NFTA_CHAIN_POLICY, 1)
            .Nested(Libc.NFTA_CHAIN_HOOK, nested => nested
                .Number(Libc.NFTA_HOOK_HOOKNUM, hook)
                .Number(Libc.NFTA_HOOK_PRIORITY, unchecked((uint)priority)));
        return this;
    }

    public NftBatch Rule(string table, string chain, Action<NftExpressions> expressions)
    {
        Command(Libc.NFT_MSG_NEWRULE, Libc.NLM_F_CREATE | Libc.NLM_F_APPEND)
            .Text(Libc.NFTA_RULE_TABLE, table)
            .Text(Libc.NFTA_RULE_CHAIN, chain)
            .Nested(Libc.NFTA_RULE_EXPRESSIONS, list => expressions(new NftExpressions(list)));
        return this;
    }

    /// <summary>Removes a rule by its handle, from a table of any family.</summary>
    public NftBatch DropRule(byte family, string table, string chain, ulong handle)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, handle);
        Begin((Libc.NFNL_SUBSYS_NFTABLES << 8) | Libc.NFT_MSG_DELRULE, Libc.NLM_F_ACK, family, 0)
            .Text(Libc.NFTA_RULE_TABLE, table)
            .Text(Libc.NFTA_RULE_CHAIN, chain)
            .Attribute(Libc.NFTA_RULE_HANDLE, bytes);
        return this;
    }

    public NftBatch AddElements(string table, string set, IEnumerable<IPAddress> addresses, TimeSpan? timeout = null) =>
        Elements(Libc.NFT_MSG_NEWSETELEM, Libc.NLM_F_CREATE, table, set, addresses, timeout);

    /// <summary>Removes elements from a set. The transaction fails if one of them is missing.</summary>
    public NftBatch DropElements(string table, string set, IEnumerable<IPAddress> addresses) =>
        Elements(Libc.NFT_MSG_DELSETELEM, 0, table, set, addresses, null);

    /// <summary>Sends the transaction.</summary>
    /// <exception cref="NetlinkException">The transaction failed; nothing was changed.</exception>
    public void Commit(NetlinkSocket netlink, string what)
    {
        Begin(Libc.NFNL_MSG_BATCH_END, 0, Libc.NFPROTO_UNSPEC, Libc.NFNL_SUBSYS_NFTABLES);
        netlink.Request(_writer, what);
    }

    /// <summary>A request outside a transaction.</summary>
    public static NetlinkWriter Query(ushort subsystem, ushort message, byte family, ushort flags) =>
        new NetlinkWriter().Message((ushort)(subsystem << 8 | message), flags).Raw([family, 0, 0, 0]);

    private NftBatch Elements(
        ushort message, ushort flags, string table, string set, IEnumerable<IPAddress> addresses, TimeSpan? timeout)
    {
        var list = addresses.ToList();
        if (list.Count == 0)
        {
            return this;
        }
        Command(message, flags)
            .Text(Libc.NFTA_SET_ELEM_LIST_TABLE, table)
            .Text(Libc.NFTA_SET_ELEM_LIST_SET, set)
            .Nested(Libc.NFTA_SET_ELEM_LIST_ELEMENTS, elements =>
            {
                foreach (var address in list)
                {
                    elements.Nested(Libc.NFTA_LIST_ELEM, element => Element(element, address, timeout));
                }
            });
        return this;
    }

    private static void Element(NetlinkWriter element, IPAddress address, TimeSpan? timeout)
    {
        element.Nested(Libc.NFTA_SET_ELEM_KEY, key => key.Attribute(Libc.NFTA_DATA_VALUE, address.GetAddressBytes()));
        if (timeout is { } time)
        {
            var milliseconds = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(milliseconds, (ulong)time.TotalMilliseconds);
            element.Attribute(Libc.NFTA_SET_ELEM_TIMEOUT, milliseconds);
        }
    }

    private NetlinkWriter Command(int message, int flags) =>
        Begin(Libc.NFNL_SUBSYS_NFTABLES << 8 | message, flags | Libc.NLM_F_ACK, Libc.NFPROTO_INET, 0);

    /// <summary>struct nfgenmsg: family (1 octet), version (1), resource id (2, network order).</summary>
    private NetlinkWriter Begin(int type, int flags, byte family, ushort resource) =>
        _writer.Message((ushort)type, (ushort)flags).Raw([family, 0, (byte)(resource >> 8), (byte)resource]);
}

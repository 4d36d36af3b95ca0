using System.Buffers.Binary;
using System.Text;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>Finds and removes iptables rules by their comment: those that the official node-cache adds, twelve for each
/// address, and leaves behind when it is killed or started with -skipteardown, and our own of a guard with other options.
/// </summary>
/// <remarks>iptables-nft keeps its rules in nf_tables, where they are removed without any program; iptables-legacy's
/// need its own. Only the four chains that such rules are in are listed: a node's other chains may hold tens of thousands
/// of kube-proxy's.</remarks>
/// <param name="nftables">The kernel has them.</param>
internal sealed class Leftovers(bool nftables) : IDisposable
{
    private static readonly (string Table, string Chain)[] s_chains =
        [("raw", "PREROUTING"), ("raw", "OUTPUT"), ("filter", "INPUT"), ("filter", "OUTPUT")];

    private readonly NetlinkSocket? _netlink = nftables ? new(Libc.NETLINK_NETFILTER) : null;

    /// <summary>Removes the rules with a comment that begins so, from these tables.</summary>
    /// <returns>How many were removed.</returns>
    public int Remove(string comment, params string[] tables)
    {
        var removed = 0;
        foreach (var family in new[] { Libc.NFPROTO_IPV4, Libc.NFPROTO_IPV6 })
        {
            if (_netlink is not null)
            {
                removed += RemoveNft(_netlink, family, comment, tables);
            }
            removed += RemoveLegacy(family, comment, tables);
        }
        return removed;
    }

    public void Dispose() => _netlink?.Dispose();

    private static int RemoveNft(NetlinkSocket netlink, byte family, string comment, string[] tables)
    {
        var batch = new NftBatch();
        var found = 0;
        foreach (var (table, chain) in s_chains.Where(c => tables.Contains(c.Table)))
        {
            foreach (var handle in Find(netlink, family, table, chain, Encoding.ASCII.GetBytes(comment)))
            {
                batch.DropRule(family, table, chain, handle);
                found++;
            }
        }
        if (found > 0)
        {
            batch.Commit(netlink, $"remove rules of '{comment}'");
        }
        return found;
    }

    private static int RemoveLegacy(byte family, string comment, string[] tables)
    {
        var (names, program) = family == Libc.NFPROTO_IPV6
            ? ("/proc/net/ip6_tables_names", "ip6tables-legacy")
            : ("/proc/net/ip_tables_names", "iptables-legacy");
        // Only tables that are in use are listed: asking for another would create it.
        var used = File.Exists(names) ? File.ReadAllLines(names) : [];
        return Iptables.Find(program) is null
            ? 0
            : tables.Where(used.Contains).Sum(table => Iptables.Remove(program, table, comment));
    }

    /// <summary>Handles of the rules in one chain. The kernel lists that chain only (since 4.6; older ones list all, which
    /// are passed over).</summary>
    private static List<ulong> Find(NetlinkSocket netlink, byte family, string table, string chain, byte[] comment)
    {
        var query = NftBatch.Query(Libc.NFNL_SUBSYS_NFTABLES, Libc.NFT_MSG_GETRULE, family, Libc.NLM_F_DUMP)
            .Text(Libc.NFTA_RULE_TABLE, table)
            .Text(Libc.NFTA_RULE_CHAIN, chain);
        var found = new List<ulong>();
        netlink.Request(query, $"list rules of {table} {chain}", rule =>
        {
            if (rule.Body.Span.IndexOf(comment) < 0)
            {
                return;
            }
            var attributes = rule.Attributes(4).ToDictionary(a => a.Type, a => a);
            if (attributes[Libc.NFTA_RULE_TABLE].Text == table && attributes[Libc.NFTA_RULE_CHAIN].Text == chain)
            {
                found.Add(BinaryPrimitives.ReadUInt64BigEndian(attributes[Libc.NFTA_RULE_HANDLE].Value.Span));
            }
        });
        return found;
    }
}

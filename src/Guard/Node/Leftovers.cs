using System.Buffers.Binary;
using System.Text;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>Finds and removes iptables rules by their comment: those of node-cache, which adds twelve for each address
/// and leaves them behind when it is killed or runs with -skipteardown, and those of a guard that ran with other
/// options.</summary>
/// <remarks>Rules of iptables-nft are in nf_tables and are removed by netlink; those of iptables-legacy need that
/// program. Only the four chains that can hold such rules are listed, because a node's other chains may hold tens of
/// thousands of kube-proxy's rules.</remarks>
/// <param name="nftables">The kernel has nf_tables.</param>
internal sealed class Leftovers(bool nftables) : IDisposable
{
    private static readonly (string Table, string Chain)[] s_chains =
        [("raw", "PREROUTING"), ("raw", "OUTPUT"), ("filter", "INPUT"), ("filter", "OUTPUT")];

    private readonly NetlinkSocket? _netlink = nftables ? new(Libc.NETLINK_NETFILTER) : null;

    /// <summary>Removes the rules in these tables whose comment starts with the given text.</summary>
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
        // List only tables that are in use, because iptables would create the others.
        var used = File.Exists(names) ? File.ReadAllLines(names) : [];
        return Iptables.Find(program) is null
            ? 0
            : tables.Where(used.Contains).Sum(table => Iptables.Remove(program, table, comment));
    }

    /// <summary>The handles of matching rules in one chain. Kernels before 4.6 list all chains; rules of other chains
    /// are skipped.</summary>
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

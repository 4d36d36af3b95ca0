using System.Text;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>Finds and removes the iptables rules that the official node-cache adds, twelve for each address, and leaves
/// behind when it is killed or started with -skipteardown.</summary>
/// <remarks>iptables-nft keeps its rules in nf_tables, where they are removed without any program; iptables-legacy's
/// need its own.</remarks>
/// <param name="nftables">The kernel has them.</param>
internal sealed class Leftovers(bool nftables) : IDisposable
{
    private static readonly byte[] s_comment = Encoding.ASCII.GetBytes(Iptables.NodeCacheComment);
    private readonly NetlinkSocket? _netlink = nftables ? new(Libc.NETLINK_NETFILTER) : null;

    /// <summary>Removes them.</summary>
    /// <param name="keepAccept">Leave the ACCEPT rules: where the host's INPUT chain drops by default, lookups need
    /// them.</param>
    /// <returns>How many rules were removed.</returns>
    public int Remove(bool keepAccept)
    {
        string[] tables = keepAccept ? ["raw"] : ["raw", "filter"];
        var removed = 0;
        foreach (var family in new[] { Libc.NFPROTO_IPV4, Libc.NFPROTO_IPV6 })
        {
            if (_netlink is not null && Find(_netlink, family, tables) is { Count: > 0 } found)
            {
                var batch = new NftBatch();
                foreach (var (table, chain, handle) in found)
                {
                    batch.DropRule(family, table, chain, handle);
                }
                batch.Commit(_netlink, "remove node-cache's rules");
                removed += found.Count;
            }
            removed += RemoveLegacy(family, tables);
        }
        return removed;
    }

    public void Dispose() => _netlink?.Dispose();

    private static int RemoveLegacy(byte family, string[] tables)
    {
        var (names, program) = family == Libc.NFPROTO_IPV6
            ? ("/proc/net/ip6_tables_names", "ip6tables-legacy")
            : ("/proc/net/ip_tables_names", "iptables-legacy");
        // Only tables that are in use are listed: asking for another would create it.
        var used = File.Exists(names) ? File.ReadAllLines(names) : [];
        return Iptables.Find(program) is null ? 0 : tables.Where(used.Contains).Sum(t =>
            Iptables.RemoveNodeCache(program, t));
    }

    private static List<(string Table, string Chain, ulong Handle)> Find(NetlinkSocket netlink, byte family, string[] tables)
    {
        var query = NftBatch.Query(Libc.NFNL_SUBSYS_NFTABLES, Libc.NFT_MSG_GETRULE, family, Libc.NLM_F_DUMP);
        var found = new List<(string, string, ulong)>();
        foreach (var rule in netlink.Request(query, "list rules").Where(r => r.Body.AsSpan().IndexOf(s_comment) >= 0))
        {
            var attributes = rule.Attributes(4).ToDictionary(a => a.Type, a => a);
            var table = attributes[Libc.NFTA_RULE_TABLE].Text;
            if (tables.Contains(table))
            {
                found.Add((table, attributes[Libc.NFTA_RULE_CHAIN].Text, System.Buffers.Binary.BinaryPrimitives
                    .ReadUInt64BigEndian(attributes[Libc.NFTA_RULE_HANDLE].Value.Span)));
            }
        }
        return found;
    }
}

using System.Net;
using System.Net.Sockets;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>Rules that make DNS to and from the local addresses bypass conntrack: one nf_tables table that stays
/// unchanged, except for its sets of addresses.</summary>
/// <remarks>
/// <code>
/// table inet nodelocaldns {
///   set serving4   { type ipv4_addr; }   set serving6   { type ipv6_addr; }    whose queries are answered here
///   set answering4 { type ipv4_addr; }   set answering6 { type ipv6_addr; }    whose replies leave here
///   chain prerouting { type filter hook prerouting priority raw; }   queries of pods
///   chain output     { type filter hook output priority raw; }       replies, and queries of the host's own clients
/// }
/// </code>
/// Two sets, because a late reply that conntrack sees would pin its client's port to this node after a flip.
/// Priority raw (-300) comes before conntrack (-200). An ACCEPT cannot live here: it would end only this table's own
/// chain, and the host's INPUT chain would still drop.
/// </remarks>
internal sealed class NotrackRules : IDisposable
{
    public const string Table = "nodelocaldns";

    /// <summary>This table exists only during a flip, so that a serving node has no NAT hook of ours.</summary>
    public const string FlipTable = "nodelocaldns_flip";

    private const int PriorityRaw = -300;

    /// <summary>Runs before kube-proxy's dstnat (-100), which would otherwise translate the flow first.</summary>
    private const int PriorityFlip = -110;

    private const int PrioritySourceNat = 100;

    private const int LastRepliesMs = 3000;

    private static readonly (AddressFamily Family, string Serving, string Answering, string Flipped)[] s_families =
    [
        (AddressFamily.InterNetwork, "serving4", "answering4", "flipped4"),
        (AddressFamily.InterNetworkV6, "serving6", "answering6", "flipped6"),
    ];

    private static readonly int[] s_protocols = [Libc.IPPROTO_UDP, Libc.IPPROTO_TCP];

    private readonly NetlinkSocket _netlink = new(Libc.NETLINK_NETFILTER);
    private readonly int _dnsPort;
    private long? _flipSeenMs;
    private long? _unwantedSinceMs;

    public NotrackRules(int dnsPort) => _dnsPort = dnsPort;

    /// <summary>One rule for each family, protocol and direction.</summary>
    private static int RuleCount => s_families.Length * s_protocols.Length * 3;

    /// <summary>False when the kernel has no nf_tables: nfnetlink then answers EINVAL (nfnetlink_rcv_msg), or there are
    /// no netfilter sockets at all.</summary>
    public static bool AreInKernel()
    {
        try
        {
            using var netlink = new NetlinkSocket(Libc.NETLINK_NETFILTER);
            netlink.Request(NftBatch.Query(Libc.NFNL_SUBSYS_NFTABLES, Libc.NFT_MSG_GETTABLE, Libc.NFPROTO_INET,
                Libc.NLM_F_DUMP), "list nf_tables tables");
            return true;
        }
        catch (SyscallException)
        {
            return false;
        }
        catch (NetlinkException failure)
        {
            return failure.Error != Errno.EINVAL;
        }
    }

    /// <summary>Creates or repairs the table and its sets.</summary>
    /// <returns>What was changed; null when nothing was.</returns>
    /// <exception cref="NetlinkException">EPERM: CAP_NET_ADMIN is missing. EOPNOTSUPP: the kernel's nf_tables lacks a
    /// feature.</exception>
    public string? Ensure(IReadOnlyCollection<IPAddress> serving, IReadOnlyCollection<IPAddress> answering)
    {
        DropFlip();
        if (Exists(Table) && CountRules(Table) == RuleCount)
        {
            var change = new NftBatch();
            var changes = 0;
            foreach (var family in s_families)
            {
                changes += Change(change, family.Serving, serving.Where(a => a.AddressFamily == family.Family));
                changes += Change(change, family.Answering, answering.Where(a => a.AddressFamily == family.Family));
            }
            if (changes == 0)
            {
                return null;
            }
            change.Commit(_netlink, "change the serving addresses");
            return $"serving addresses: {string.Join(", ", serving)}";
        }
        Build(serving, answering).Commit(_netlink, $"create nf_tables table {Table}");
        return $"nf_tables table inet {Table} created";
    }

    /// <summary>Redirects clients to an endpoint of cluster DNS. The kernel ends this by itself after
    /// <paramref name="time"/>.</summary>
    /// <param name="endPoints">At most one for each family. Not a Service's address, which kube-proxy would have to
    /// translate a second time.</param>
    public void Flip(IReadOnlyCollection<IPAddress> addresses, IReadOnlyCollection<IPEndPoint> endPoints, TimeSpan time)
    {
        var batch = new NftBatch();
        foreach (var family in s_families)
        {
            var serving = Exists(Table) ? Elements(Table, family.Serving) : [];
            batch.DropElements(Table, family.Serving, serving);
        }
        batch.DropTable(FlipTable).Table(FlipTable);
        var id = 10u;
        foreach (var family in s_families)
        {
            batch.AddressSet(FlipTable, family.Flipped, family.Family, id++, Libc.NFT_SET_TIMEOUT);
        }
        batch.Chain(FlipTable, "prerouting", "nat", Libc.NF_INET_PRE_ROUTING, PriorityFlip)
            .Chain(FlipTable, "output", "nat", Libc.NF_INET_LOCAL_OUT, PriorityFlip)
            .Chain(FlipTable, "postrouting", "nat", Libc.NF_INET_POST_ROUTING, PrioritySourceNat - 10);
        foreach (var family in s_families)
        {
            if (endPoints.FirstOrDefault(e => e.AddressFamily == family.Family) is not { } endPoint)
            {
                continue;
            }
            foreach (var protocol in s_protocols)
            {
                foreach (var chain in new[] { "prerouting", "output" })
                {
                    batch.Rule(FlipTable, chain, rule => rule.Family(family.Family)
                        .AddressIn(family.Flipped, family.Family, source: false)
                        .Protocol(protocol).Port(_dnsPort, source: false).DestinationNat(endPoint));
                }
            }
            // The reply has to come back through this node, where its address is translated back.
            batch.Rule(FlipTable, "postrouting", rule => rule.Family(family.Family)
                .Destination(endPoint.Address).OriginalDestinationIn(family.Flipped, family.Family).Masquerade());
            batch.AddElements(FlipTable, family.Flipped, addresses.Where(a => a.AddressFamily == family.Family), time);
        }
        batch.Commit(_netlink, $"send clients to {string.Join(", ", endPoints)}");
    }

    /// <summary>Called when the rules of an earlier guard are no longer wanted. Queries are tracked again at once; the
    /// tables are removed a little later, so that replies on their way stay untracked.</summary>
    public void RemoveSoon()
    {
        DropFlip();
        if (!Exists(Table))
        {
            return;
        }
        if (_unwantedSinceMs is null)
        {
            _unwantedSinceMs = Environment.TickCount64;
            var batch = new NftBatch();
            foreach (var family in s_families)
            {
                batch.DropElements(Table, family.Serving, Elements(Table, family.Serving));
            }
            batch.Commit(_netlink, "empty the serving addresses");
        }
        else if (Environment.TickCount64 - _unwantedSinceMs > LastRepliesMs)
        {
            Remove();
        }
    }

    /// <summary>Removes both tables at once.</summary>
    public void Remove()
    {
        DropTableIfThere(Table);
        DropTableIfThere(FlipTable);
    }

    public void Dispose() => _netlink.Dispose();

    /// <summary>Adds the commands that give the set exactly these elements, and returns how many elements
    /// change.</summary>
    private int Change(NftBatch batch, string set, IEnumerable<IPAddress> wanted)
    {
        var present = Elements(Table, set);
        var missing = wanted.Except(present).ToList();
        var surplus = present.Except(wanted).ToList();
        batch.AddElements(Table, set, missing);
        batch.DropElements(Table, set, surplus);
        return missing.Count + surplus.Count;
    }

    /// <summary>Ends a flip because the address serves again. The NAT hooks stay a little longer for replies that are
    /// still on their way.</summary>
    private void DropFlip()
    {
        if (!Exists(FlipTable))
        {
            _flipSeenMs = null;
            return;
        }
        _flipSeenMs ??= Environment.TickCount64;
        if (Environment.TickCount64 - _flipSeenMs > LastRepliesMs)
        {
            new NftBatch().DropTable(FlipTable).Commit(_netlink, $"remove nf_tables table {FlipTable}");
        }
    }

    private NftBatch Build(IReadOnlyCollection<IPAddress> serving, IReadOnlyCollection<IPAddress> answering)
    {
        var batch = new NftBatch().DropTable(Table).Table(Table);
        var id = 1u;
        foreach (var family in s_families)
        {
            batch.AddressSet(Table, family.Serving, family.Family, id++);
            batch.AddressSet(Table, family.Answering, family.Family, id++);
        }
        batch.Chain(Table, "prerouting", "filter", Libc.NF_INET_PRE_ROUTING, PriorityRaw)
            .Chain(Table, "output", "filter", Libc.NF_INET_LOCAL_OUT, PriorityRaw);
        foreach (var family in s_families)
        {
            foreach (var protocol in s_protocols)
            {
                foreach (var (chain, source) in new[] { ("prerouting", false), ("output", true), ("output", false) })
                {
                    batch.Rule(Table, chain, rule => rule.Family(family.Family)
                        .AddressIn(source ? family.Answering : family.Serving, family.Family, source)
                        .Protocol(protocol).Port(_dnsPort, source).Notrack());
                }
            }
            batch.AddElements(Table, family.Serving, serving.Where(a => a.AddressFamily == family.Family));
            batch.AddElements(Table, family.Answering, answering.Where(a => a.AddressFamily == family.Family));
        }
        return batch;
    }

    private void DropTableIfThere(string table)
    {
        if (Exists(table))
        {
            new NftBatch().DropTable(table).Commit(_netlink, $"remove nf_tables table {table}");
        }
    }

    private bool Exists(string table)
    {
        try
        {
            var query = NftBatch.Query(Libc.NFNL_SUBSYS_NFTABLES, Libc.NFT_MSG_GETTABLE, Libc.NFPROTO_INET, 0)
                .Text(Libc.NFTA_TABLE_NAME, table);
            return _netlink.Request(query, $"look for nf_tables table {table}").Count > 0;
        }
        catch (NetlinkException failure) when (failure.Error == Errno.ENOENT)
        {
            return false;
        }
    }

    private int CountRules(string table)
    {
        var query = NftBatch.Query(Libc.NFNL_SUBSYS_NFTABLES, Libc.NFT_MSG_GETRULE, Libc.NFPROTO_INET, Libc.NLM_F_DUMP)
            .Text(Libc.NFTA_RULE_TABLE, table);
        return _netlink.Request(query, $"list rules of {table}")
            .Count(rule => rule.Attributes(4).Any(a => a.Type == Libc.NFTA_RULE_TABLE && a.Text == table));
    }

    private List<IPAddress> Elements(string table, string set)
    {
        var query = NftBatch.Query(Libc.NFNL_SUBSYS_NFTABLES, Libc.NFT_MSG_GETSETELEM, Libc.NFPROTO_INET,
            Libc.NLM_F_DUMP)
            .Text(Libc.NFTA_SET_ELEM_LIST_TABLE, table)
            .Text(Libc.NFTA_SET_ELEM_LIST_SET, set);
        return
        [
            .. from message in _netlink.Request(query, $"list set {set}")
            from list in message.Attributes(4).Where(a => a.Type == Libc.NFTA_SET_ELEM_LIST_ELEMENTS)
            from element in list.Nested
            from key in element.Nested.Where(a => a.Type == Libc.NFTA_SET_ELEM_KEY)
            from value in key.Nested.Where(a => a.Type == Libc.NFTA_DATA_VALUE)
            select new IPAddress(value.Value.Span),
        ];
    }
}

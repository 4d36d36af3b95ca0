using NodeDns.Cache.Plugins;
using NodeDns.Cache.Store;

namespace NodeDns.Cache.Query;

/// <summary>A server block in the form that queries use. A query meets the steps in the order of the
/// properties.</summary>
internal sealed record BlockModel
{
    /// <summary>Steps before dns64 (local), which may split a question in two.</summary>
    public QueryStep[] BeforeDns64 { get; init; } = [];

    public Dns64? Dns64 { get; init; }

    /// <summary>Steps before the cache (acl, any).</summary>
    public QueryStep[] BeforeCache { get; init; } = [];

    public CacheModel? Cache { get; init; }

    /// <summary>Steps on a miss, before forward (template, hosts, loop).</summary>
    public QueryStep[] AfterCache { get; init; } = [];

    public ForwardModel[] Forwards { get; init; } = [];

    /// <summary>Steps for names that no forward takes (whoami).</summary>
    public QueryStep[] AfterForward { get; init; } = [];

    /// <summary>Changes to every reply (loadbalance, minimal).</summary>
    public IReplyFilter[] Filters { get; init; } = [];

    /// <summary>Logs failures; null when the block has no errors directive.</summary>
    public ErrorLog? Errors { get; init; }

    /// <summary>Logs queries; null when the block has no log directive.</summary>
    public QueryLog? Log { get; init; }

    /// <summary>Tells collectors of queries and replies (dnstap).</summary>
    public DnstapLog[] Dnstap { get; init; } = [];

    /// <summary>The loop step, which is also in <see cref="AfterCache"/>.</summary>
    public LoopPlugin? Loop { get; init; }

    /// <summary>Changes questions that miss the cache, and changes their replies back.</summary>
    public RewriteRules? Rewrite { get; init; }

    /// <summary>Which stored or pending answers this block may use.</summary>
    public required AnswerScope Scope { get; init; }

    /// <summary>Denies what search lists make of outside names; null when the block has no search_cut directive, or one
    /// that cannot work.</summary>
    public SearchCutModel? SearchCut { get; init; }

    /// <summary>Those of all blocks: the answers of any block teach them which names are outside the cluster.</summary>
    public SearchCutModel[] SearchCuts { get; init; } = [];

    /// <summary>The UDP payload size that we offer to upstreams, and the most that we send to clients.</summary>
    public ushort UdpSize { get; init; } = DefaultUdpSize;

    /// <summary>The size of DNS flag day 2020, which passes any path without fragmentation.</summary>
    public const ushort DefaultUdpSize = 1232;

    /// <summary>The index of the first forward that takes a lower-case name, starting at <paramref name="from"/>; -1
    /// when none does.</summary>
    internal int NextForward(ReadOnlySpan<byte> name, int from = 0)
    {
        for (var i = from; i < Forwards.Length; i++)
        {
            if (Forwards[i].Takes(name))
            {
                return i;
            }
        }

        return -1;
    }
}

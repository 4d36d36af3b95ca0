using NodeDns.Cache.Plugins;
using NodeDns.Cache.Store;

namespace NodeDns.Cache.Query;

/// <summary>A server block, made ready. A query meets the steps in the order in which they stand here.</summary>
internal sealed record BlockModel
{
    /// <summary>local: asked before dns64 makes one question two.</summary>
    public QueryStep[] BeforeDns64 { get; init; } = [];

    public Dns64? Dns64 { get; init; }

    /// <summary>acl, any: asked before the cache.</summary>
    public QueryStep[] BeforeCache { get; init; } = [];

    public CacheModel? Cache { get; init; }

    /// <summary>template, hosts, loop: asked on a miss, before forward.</summary>
    public QueryStep[] AfterCache { get; init; } = [];

    public ForwardModel[] Forwards { get; init; } = [];

    /// <summary>whoami: asked when no forward takes the name.</summary>
    public QueryStep[] AfterForward { get; init; } = [];

    /// <summary>loadbalance, minimal.</summary>
    public IReplyFilter[] Filters { get; init; } = [];

    /// <summary>Who is told of failures; null where the block has no errors directive.</summary>
    public ErrorLog? Errors { get; init; }

    /// <summary>Who writes a line for each query.</summary>
    public QueryLog? Log { get; init; }

    /// <summary>Also among <see cref="AfterCache"/>.</summary>
    public LoopPlugin? Loop { get; init; }

    /// <summary>Changes questions that miss the cache, and their replies.</summary>
    public RewriteRules? Rewrite { get; init; }

    /// <summary>Whose its answers are, kept or under way.</summary>
    public required AnswerScope Scope { get; init; }

    /// <summary>UDP payload that we promise upstreams and send to clients at most.</summary>
    public ushort UdpSize { get; init; } = DefaultUdpSize;

    /// <summary>DNS flag day 2020: fits any path without fragments.</summary>
    public const ushort DefaultUdpSize = 1232;

    /// <summary>The place of the forward that takes a lower-case name, from a place on; -1 when there is none.</summary>
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

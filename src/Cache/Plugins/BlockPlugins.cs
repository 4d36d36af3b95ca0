using NodeDns.Corefile;

namespace NodeDns.Cache.Plugins;

/// <summary>Builds the steps of one server block and sorts them by their position on the main path: before dns64,
/// before the cache, after the cache, or after the forwarders.</summary>
internal sealed class BlockPlugins
{
    public BlockPlugins(ServerBlockConfig block, StepTools tools)
    {
        List<QueryStep> beforeDns64 = [], beforeCache = [], afterCache = [], afterForward = [];
        var filters = new List<IReplyFilter>();
        var polled = new List<IPolled>();
        var at = beforeDns64;
        foreach (var directive in DirectiveTable.InOrder)
        {
            at = directive.Name switch
            {
                "dns64" => beforeCache,
                "cache" => afterCache,
                "forward" => afterForward,
                _ => at,
            };
            if (!directive.IsIn(block) || StepTable.Find(directive.Name) is not { } row)
            {
                continue;
            }

            LeavesHits &= row.LeavesHits;
            var step = row.Build(block, tools);
            Remember(step);
            if (step is IQueryPlugin plugin)
            {
                at.Add(new QueryStep(plugin, row.By));
            }
            if (step is IReplyFilter filter)
            {
                // A reply passes the filters in the opposite order of their directives.
                filters.Insert(0, filter);
            }
            if (step is IPolled { Period: var period } onItsOwn && period > TimeSpan.Zero)
            {
                polled.Add(onItsOwn);
            }
        }
        BeforeDns64 = [.. beforeDns64];
        BeforeCache = [.. beforeCache];
        AfterCache = [.. afterCache];
        AfterForward = [.. afterForward];
        Filters = [.. filters];
        Polled = [.. polled];
    }

    /// <summary>No step has to see a question that the store answers.</summary>
    public bool LeavesHits { get; private set; } = true;

    /// <summary>Logs failed queries; null when the block has no errors directive.</summary>
    public ErrorLog? Errors { get; private set; }

    public QueryLog? Log { get; private set; }

    public DnstapLog[] Dnstap { get; private set; } = [];

    /// <summary>Steps before dns64, which may split a question in two.</summary>
    public QueryStep[] BeforeDns64 { get; }

    public Dns64? Dns64 { get; private set; }

    /// <summary>Steps before the cache. If dns64 applies, each of its two questions meets them.</summary>
    public QueryStep[] BeforeCache { get; }

    public RewriteRules? Rewrite { get; private set; }

    /// <summary>Steps on a miss, before upstream is asked. They see the rewritten question.</summary>
    public QueryStep[] AfterCache { get; }

    /// <summary>The loop step, which is also in <see cref="AfterCache"/>.</summary>
    public LoopPlugin? Loop { get; private set; }

    /// <summary>The hosts step, which is also in <see cref="AfterCache"/>.</summary>
    public HostsPlugin? Hosts { get; private set; }

    /// <summary>Steps for names that no forward takes.</summary>
    public QueryStep[] AfterForward { get; }

    /// <summary>Applied to each reply just before it is sent, for hits and misses.</summary>
    public IReplyFilter[] Filters { get; }

    public IPolled[] Polled { get; }

    private void Remember(object step)
    {
        Errors = step as ErrorLog ?? Errors;
        Log = step as QueryLog ?? Log;
        Dnstap = step as DnstapLog[] ?? Dnstap;
        Dns64 = step as Dns64 ?? Dns64;
        Rewrite = step as RewriteRules ?? Rewrite;
        Loop = step as LoopPlugin ?? Loop;
        Hosts = step as HostsPlugin ?? Hosts;
    }
}

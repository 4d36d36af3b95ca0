using NodeDns.Corefile;

namespace NodeDns.Cache.Plugins;

/// <summary>The steps of one server block, each at its place among the stations of the main path: dns64, the cache, the
/// forwarders.</summary>
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

            var step = row.Build(block, tools);
            Remember(step);
            if (step is IQueryPlugin plugin)
            {
                at.Add(new QueryStep(plugin, row.By));
            }
            if (step is IReplyFilter filter)
            {
                // A reply goes back the way its question came.
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

    /// <summary>Who is told of queries that fail; null when the block has no errors.</summary>
    public ErrorLog? Errors { get; private set; }

    public QueryLog? Log { get; private set; }

    /// <summary>Asked before dns64 makes one question two.</summary>
    public QueryStep[] BeforeDns64 { get; }

    public Dns64? Dns64 { get; private set; }

    /// <summary>Asked before the cache is, each question of dns64 for itself.</summary>
    public QueryStep[] BeforeCache { get; }

    public RewriteRules? Rewrite { get; private set; }

    /// <summary>Asked on a miss, with the rewritten question, before joining or starting an upstream
    /// exchange.</summary>
    public QueryStep[] AfterCache { get; }

    /// <summary>Also among <see cref="AfterCache"/>.</summary>
    public LoopPlugin? Loop { get; private set; }

    /// <summary>Also among <see cref="AfterCache"/>.</summary>
    public HostsPlugin? Hosts { get; private set; }

    /// <summary>Asked when no forward takes the name.</summary>
    public QueryStep[] AfterForward { get; }

    /// <summary>Applied to each reply just before it is sent, hit or miss.</summary>
    public IReplyFilter[] Filters { get; }

    public IPolled[] Polled { get; }

    private void Remember(object step)
    {
        Errors = step as ErrorLog ?? Errors;
        Log = step as QueryLog ?? Log;
        Dns64 = step as Dns64 ?? Dns64;
        Rewrite = step as RewriteRules ?? Rewrite;
        Loop = step as LoopPlugin ?? Loop;
        Hosts = step as HostsPlugin ?? Hosts;
    }
}

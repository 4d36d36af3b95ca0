using Microsoft.Extensions.Logging;
using NodeDns.Corefile;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Plugins;

/// <summary>The steps of one server block that surround its cache and its forwarders, in CoreDNS's fixed
/// order.</summary>
/// <remarks>
/// <code>
/// errors, log, local, [dns64 …, acl, any, [loadbalance, CACHE, rewrite, [minimal, template, hosts, loop, FORWARD, whoami
/// </code>
/// A bracket marks a step that also sees the reply on its way out.
/// </remarks>
public sealed class BlockPlugins
{
    public BlockPlugins(ServerBlockConfig block, MetricRegistry registry, ILoggerFactory logs, LogOutput lines)
    {
        if (block.Errors is { } errors)
        {
            Errors = new ErrorLog(errors, logs.CreateLogger("plugin/errors"), TimeProvider.System);
        }

        if (block.Log is { } log)
        {
            Log = new QueryLog(log, lines);
        }

        if (block.Dns64 is { } dns64)
        {
            Dns64 = new Dns64(dns64, registry);
        }

        if (block.Rewrite is { Rules.Length: > 0 } rewrite)
        {
            Rewrite = new RewriteRules(rewrite);
        }

        if (block.Loop is { } loop)
        {
            Loop = new LoopPlugin(loop.Zone, registry, logs.CreateLogger("plugin/loop"));
        }

        var hosts = block.Hosts is { } hostsConfig
            ? new HostsPlugin(hostsConfig, registry, logs.CreateLogger("plugin/hosts"))
            : null;

        var weights = block.Loadbalance?.WeightFile is { } path
            ? new WeightFile(path, block.Loadbalance.Reload, logs.CreateLogger("plugin/loadbalance"))
            : null;

        BeforeCache = Present(
            block.Local is { } local ? new LocalPlugin(local, registry) : null,
            block.Acl is { } acl ? new AclPlugin(acl, registry) : null,
            block.Any is null ? null : new AnyPlugin());
        AfterCache = Present(
            block.Template is { } template
                ? new TemplatePlugin(template, registry, logs.CreateLogger("plugin/template"))
                : null,
            hosts,
            Loop);
        AfterForward = block.Whoami is null ? [] : [new WhoamiPlugin()];
        Filters =
        [
            .. new IReplyFilter?[]
            {
                block.Minimal is null ? null : new MinimalFilter(),
                block.Loadbalance is { } loadbalance ? new LoadbalanceFilter(loadbalance, weights) : null,
            }.OfType<IReplyFilter>(),
        ];
        Polled = [.. new IPolled?[] { Errors, hosts, weights }.OfType<IPolled>().Where(p => p.Period > TimeSpan.Zero)];
    }

    /// <summary>Who is told of queries that fail; null when the block has no errors.</summary>
    public ErrorLog? Errors { get; }

    public QueryLog? Log { get; }

    public Dns64? Dns64 { get; }

    /// <summary>Asked before the cache is.</summary>
    public IQueryPlugin[] BeforeCache { get; }

    public RewriteRules? Rewrite { get; }

    /// <summary>Asked on a miss, with the rewritten question, before joining or starting an upstream
    /// exchange.</summary>
    public IQueryPlugin[] AfterCache { get; }

    /// <summary>Also among <see cref="AfterCache"/>.</summary>
    public LoopPlugin? Loop { get; }

    /// <summary>Asked when no forward takes the name.</summary>
    public IQueryPlugin[] AfterForward { get; }

    /// <summary>Applied to each reply just before it is sent, hit or miss.</summary>
    public IReplyFilter[] Filters { get; }

    public IPolled[] Polled { get; }

    /// <summary>The directives of a block that CoreDNS calls plugins, in its order: for
    /// <c>coredns_plugin_enabled</c>.</summary>
    public static IEnumerable<string> NamesOf(ServerBlockConfig block)
    {
        (string Name, bool IsPresent)[] plugins =
        [
            ("trace", block.Trace is not null), ("prometheus", block.Prometheus is not null),
            ("errors", block.Errors is not null), ("log", block.Log is not null), ("local", block.Local is not null),
            ("dns64", block.Dns64 is not null), ("acl", block.Acl is not null), ("any", block.Any is not null),
            ("loadbalance", block.Loadbalance is not null), ("cache", block.Cache is not null),
            ("rewrite", block.Rewrite is not null), ("minimal", block.Minimal is not null),
            ("template", block.Template is not null), ("hosts", block.Hosts is not null),
            ("loop", block.Loop is not null), ("forward", block.Forward.Length > 0),
            ("whoami", block.Whoami is not null),
        ];
        return plugins.Where(plugin => plugin.IsPresent).Select(plugin => plugin.Name);
    }

    private static IQueryPlugin[] Present(params ReadOnlySpan<IQueryPlugin?> plugins)
    {
        var present = new List<IQueryPlugin>();
        foreach (var plugin in plugins)
        {
            if (plugin is not null)
            {
                present.Add(plugin);
            }
        }
        return [.. present];
    }
}

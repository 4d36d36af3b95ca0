using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using NodeDns.Corefile;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Plugins;

/// <summary>How each step of <see cref="DirectiveTable"/> is built, and the metric label that its answers are counted
/// under. The order of the steps is that of <see cref="DirectiveTable"/>.</summary>
/// <remarks>Some directives are not listed: cache, search_cut and forward are built elsewhere because the other steps are
/// placed around them, prometheus only configures the metrics, and trace does nothing.</remarks>
internal static class StepTable
{
    private static readonly FrozenDictionary<string, StepRow> s_rows = new Dictionary<string, StepRow>
    {
        ["errors"] = new((block, tools) => new ErrorLog(block.Errors!, tools.Log("errors"), TimeProvider.System), LeavesHits: true),
        ["log"] = new((block, tools) => new QueryLog(block.Log!, tools.Lines)),
        ["dnstap"] = new((block, tools) => block.Dnstap.Select(
            line => new DnstapLog(line, tools.Registry, tools.Log("dnstap"))).ToArray()),
        ["local"] = new((block, tools) => new LocalPlugin(block.Local!, tools.Registry), AnsweredBy.Local, LeavesHits: true),
        ["dns64"] = new((block, tools) => new Dns64(block.Dns64!, tools.Registry)),
        ["acl"] = new((block, tools) => new AclPlugin(block.Acl!, tools.Registry), AnsweredBy.Acl),
        ["any"] = new((_, _) => new AnyPlugin(), AnsweredBy.Any, LeavesHits: true),
        ["loadbalance"] = new((block, tools) => Loadbalance(block.Loadbalance!, tools.Log("loadbalance"))),
        ["rewrite"] = new((block, _) => new RewriteRules(block.Rewrite!)),
        ["minimal"] = new((_, _) => new MinimalFilter()),
        ["template"] = new(
            (block, tools) => new TemplatePlugin(block.Template!, tools.Registry, tools.Log("template")), AnsweredBy.Template),
        ["hosts"] = new((block, tools) => new HostsPlugin(block.Hosts!, tools.Registry, tools.Log("hosts")), AnsweredBy.Hosts, LeavesHits: true),
        ["loop"] = new((block, tools) => new LoopPlugin(block.Loop!.Zone, tools.Registry, tools.Log("loop")), AnsweredBy.Loop, LeavesHits: true),
        ["whoami"] = new((_, _) => new WhoamiPlugin(), AnsweredBy.Whoami, LeavesHits: true),
    }.ToFrozenDictionary();

    public static IEnumerable<string> Names => s_rows.Keys;

    /// <returns>null for a directive that is not built here.</returns>
    public static StepRow? Find(string directive) => s_rows.GetValueOrDefault(directive);

    private static LoadbalanceFilter Loadbalance(LoadbalanceConfig config, ILogger log) =>
        new(config, config.WeightFile is { } path ? new WeightFile(path, config.Reload, log) : null);
}

/// <param name="Build">Builds the step of a block that has the directive.</param>
/// <param name="By">The label of a step that answers queries.</param>
/// <param name="LeavesHits">A question that the store answers is answered the same with the step and without it, whoever
/// asks, and the step need not know. The kernel then may answer it, which no step sees.</param>
internal sealed record StepRow(
    Func<ServerBlockConfig, StepTools, object> Build, AnsweredBy By = AnsweredBy.Server, bool LeavesHits = false);

/// <summary>What is needed to build steps.</summary>
internal sealed record StepTools(MetricRegistry Registry, ILoggerFactory Logs, LogOutput Lines)
{
    internal ILogger Log(string directive) => Logs.CreateLogger($"plugin/{directive}");
}

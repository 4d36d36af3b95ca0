using NodeDns.Cache.Plugins;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>The metrics' name for each step.</summary>
internal static class PluginNames
{
    public static AnsweredBy AnsweredBy(IQueryPlugin plugin) => plugin.Name switch
    {
        "acl" => Telemetry.AnsweredBy.Acl,
        "any" => Telemetry.AnsweredBy.Any,
        "hosts" => Telemetry.AnsweredBy.Hosts,
        "local" => Telemetry.AnsweredBy.Local,
        "loop" => Telemetry.AnsweredBy.Loop,
        "template" => Telemetry.AnsweredBy.Template,
        "whoami" => Telemetry.AnsweredBy.Whoami,
        "dns64" => Telemetry.AnsweredBy.Dns64,
        "rewrite" => Telemetry.AnsweredBy.Rewrite,
        _ => Telemetry.AnsweredBy.Server,
    };
}

using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>A step of a server block that may answer a query by itself. Pure: no I/O, no clock of its own; one instance
/// serves all workers.</summary>
internal interface IQueryPlugin
{
    PluginVerdict Handle(in PluginQuery query, ref ReplyWriter reply);
}

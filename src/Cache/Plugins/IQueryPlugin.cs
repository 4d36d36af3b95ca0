using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>A step of a server block that may answer a query by itself. Handling a query does no I/O. All workers share
/// one instance.</summary>
internal interface IQueryPlugin
{
    PluginVerdict Handle(in PluginQuery query, ref ReplyWriter reply);
}

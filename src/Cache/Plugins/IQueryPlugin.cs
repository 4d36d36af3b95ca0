using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>A step of a server block that may answer a query by itself. Pure: no I/O, no clock of its own; one instance
/// serves all workers.</summary>
public interface IQueryPlugin
{
    /// <summary>The directive, and the value of the metrics' "plugin" label.</summary>
    string Name { get; }

    PluginVerdict Handle(in PluginQuery query, ref ReplyWriter reply);
}

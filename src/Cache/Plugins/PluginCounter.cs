using System.Collections.Concurrent;
using System.Net;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Plugins;

/// <summary>A plugin's counter with CoreDNS's labels server, zone and view. A series is created when its server and
/// zone first occur.</summary>
/// <remarks>Counts with interlocked adds, which is fast enough because plugins are not on the hit path.</remarks>
internal sealed class PluginCounter(MetricRegistry registry, string name, string help, bool hasZone = true)
{
    private readonly ConcurrentDictionary<(IPEndPoint Server, string Zone), int> _slots = new();

    public void Increment(IPEndPoint server, string zone)
    {
        if (!_slots.TryGetValue((server, zone), out var slot))
        {
            var address = ("server", $"dns://{server}");
            slot = _slots[(server, zone)] = hasZone
                ? registry.Counter(name, help, address, ("zone", zone), ("view", ""))
                : registry.Counter(name, help, address, ("view", ""));
        }
        registry.Increment(slot);
    }
}

using System.Runtime.InteropServices;
using static NodeDns.Telemetry.MetricNames;

namespace NodeDns.Telemetry;

/// <summary>Metrics of `serve` as a whole: build, configuration, failures.</summary>
public sealed class ServeMetrics
{
    /// <summary>node-cache's label values. All are shown from the start, so that an alert on a rate notices the first
    /// increment.</summary>
    private static readonly string[] s_setupErrorTypes =
        ["iptables", "iptables_lock", "interface_add", "interface_check", "configmap"];

    private readonly MetricRegistry _registry;
    private readonly int _reloadFailed;
    private readonly int _configMapErrors;

    public ServeMetrics(MetricRegistry registry, string version, string revision)
    {
        _registry = registry;
        ProcessMetrics.Register(registry);
        registry.Info(
            BuildInfo,
            BuildInfoHelp,
            [[("version", version), ("revision", revision), ("goversion", RuntimeInformation.FrameworkDescription)]]);
        _reloadFailed = registry.Counter(ReloadFailed, ReloadFailedHelp);
        registry.CounterAlias(registry.Counter(Panics, PanicsHelp), PanicCount, PanicsHelp, showZero: true, []);
        foreach (var type in s_setupErrorTypes)
        {
            var slot = registry.Counter(SetupErrors, SetupErrorsHelp, ("errortype", type));
            registry.CounterAlias(slot, SetupErrorsOld, SetupErrorsHelp, showZero: true, [("errortype", type)]);
            _configMapErrors = slot;
        }
    }

    /// <summary>Records the configuration that is now in force.</summary>
    /// <param name="plugins">The enabled directives, each with server and zone as in
    /// <see cref="ServerMetrics"/>.</param>
    public void Running(
        string algorithm, string hash, IEnumerable<(string Server, string Zone, string Plugin)> plugins)
    {
        _registry.Info(ReloadVersion, ReloadVersionHelp, [[("hash", algorithm), ("value", hash)]]);
        _registry.Info(
            PluginEnabled,
            PluginEnabledHelp,
            plugins.Select(p => new[] { ("server", p.Server), ("zone", p.Zone), ("view", ""), ("name", p.Plugin) }));
    }

    /// <summary>Counts a changed Corefile that could not be put in force.</summary>
    public void FailedReload() => _registry.Increment(_reloadFailed);

    /// <summary>Counts a bad entry of the kube-dns ConfigMap.</summary>
    public void BadConfigMapEntry() => _registry.Increment(_configMapErrors);

    /// <summary>Sets where each scrape reads the memory budget of the answers.</summary>
    public void Store(Func<double> budgetBytes, Func<double> usedBytes, Func<double> evictions)
    {
        _registry.Gauge(BudgetBytes, BudgetBytesHelp, budgetBytes);
        _registry.Gauge(UsedBytes, UsedBytesHelp, usedBytes);
        _registry.ReadCounter(Evictions, EvictionsHelp, evictions);
    }

    /// <summary>Sets where each scrape reads the kernel's drop counts of our UDP sockets and the number of open
    /// connections.</summary>
    public void Listeners(Func<double> kernelDrops, Func<double> tcpConnections)
    {
        _registry.ReadCounter(KernelDrops, KernelDropsHelp, kernelDrops);
        _registry.Gauge(Connections, ConnectionsHelp, tcpConnections);
    }
}

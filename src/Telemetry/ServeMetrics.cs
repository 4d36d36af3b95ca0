using System.Runtime.InteropServices;
using static NodeDns.Telemetry.MetricNames;

namespace NodeDns.Telemetry;

/// <summary>What `serve` says of itself as a whole: its build, its configuration, its trouble.</summary>
public sealed class ServeMetrics
{
    /// <summary>node-cache's labels, all there from the start so that an alert on a rate sees the first.</summary>
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

    /// <summary>A configuration came into force.</summary>
    /// <param name="plugins">What is enabled: server and zone as in <see cref="ServerMetrics"/>, and the
    /// directive.</param>
    public void Running(
        string algorithm, string hash, IEnumerable<(string Server, string Zone, string Plugin)> plugins)
    {
        _registry.Info(ReloadVersion, ReloadVersionHelp, [[("hash", algorithm), ("value", hash)]]);
        _registry.Info(
            PluginEnabled,
            PluginEnabledHelp,
            plugins.Select(p => new[] { ("server", p.Server), ("zone", p.Zone), ("view", ""), ("name", p.Plugin) }));
    }

    /// <summary>A changed Corefile could not be put in force.</summary>
    public void FailedReload() => _registry.Increment(_reloadFailed);

    /// <summary>An entry of the kube-dns ConfigMap is bad.</summary>
    public void BadConfigMapEntry() => _registry.Increment(_configMapErrors);

    /// <summary>Says where the budget of the answers is read.</summary>
    public void Store(Func<double> budgetBytes, Func<double> usedBytes, Func<double> evictions)
    {
        _registry.Gauge(BudgetBytes, BudgetBytesHelp, budgetBytes);
        _registry.Gauge(UsedBytes, UsedBytesHelp, usedBytes);
        _registry.ReadCounter(Evictions, EvictionsHelp, evictions);
    }

    /// <summary>Says where the kernel's drop counts of our UDP sockets are read, and the open connections.</summary>
    public void Listeners(Func<double> kernelDrops, Func<double> tcpConnections)
    {
        _registry.ReadCounter(KernelDrops, KernelDropsHelp, kernelDrops);
        _registry.Gauge(Connections, ConnectionsHelp, tcpConnections);
    }
}

using System.Collections;
using System.Globalization;
using System.Net;
using NodeDns.Addresses;
using NodeDns.Corefile;
using NodeDns.Guard;
using NodeDns.Guard.Node;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Compat;

/// <summary>Replaces the official image: one process tree that does what node-cache does, and what the guard
/// adds.</summary>
internal static class NodeCacheCommand
{
    /// <summary>True for node-cache's command line, which has no subcommand.</summary>
    public static bool IsMeant(IReadOnlyList<string> words) =>
        words.Count > 0 && words[0].StartsWith('-') && words[0] is not ("--help" or "-h" or "-?" or "--version");

    /// <summary>Runs until SIGTERM.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> words)
    {
        var arguments = NodeCacheArguments.Parse(words, out var problems);
        foreach (var problem in problems)
        {
            Console.Error.WriteLine(problem);
        }
        if (arguments is null)
        {
            return 1;
        }
        if (arguments.WantsVersion)
        {
            Console.WriteLine($"node-dns-cache {ProgramVersion.Text}");
            return 0;
        }
        if (arguments.PidFile is { } pidFile)
        {
            File.WriteAllText(pidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        return GuardProcess.Run(Options(arguments, Environment.GetEnvironmentVariable, ServiceAddresses(),
            Nameservers()));
    }

    /// <summary>The guard's options that correspond to these arguments.</summary>
    /// <param name="services">ClusterIPs of Services in this namespace. When this program is gone, kube-proxy handles
    /// these addresses; nobody handles the others.</param>
    /// <param name="nameservers">The node's nameservers, used when the upstream Service is unknown.</param>
    internal static GuardOptions Options(
        NodeCacheArguments arguments,
        Func<string, string?> environment,
        IReadOnlyCollection<IPAddress> services,
        IReadOnlyList<IPAddress> nameservers)
    {
        var upstream = NodeCacheArguments.ServiceAddress(arguments.UpstreamService, environment);
        var intercepted = arguments.LocalAddresses.Where(services.Contains).ToList();
        var local = arguments.LocalAddresses.Except(intercepted).ToList();
        if (local.Count == 0)
        {
            (local, intercepted) = (intercepted, []);
        }
        var relay = upstream is not null ? [upstream] : nameservers;
        var folder = Path.Combine(Path.GetTempPath(), $"node-dns-cache.{Environment.ProcessId}");
        var handover = Path.Combine(folder, "handover.sock");
        return new GuardOptions
        {
            Addresses = local,
            Intercepted = intercepted,
            ClusterDns = [.. relay.Except(arguments.LocalAddresses).Select(address => new IPEndPoint(address, 53))],
            HandoverPath = handover,
            DnsPort = arguments.DnsPort,
            AllowedPorts = arguments.AllowedPorts,
            InterfaceName = arguments.SetupInterface ? arguments.InterfaceName : null,
            Rules = arguments.SetupIptables ? RulesMode.Auto : RulesMode.Off,
            ExitMode = arguments.SkipTeardown ? ExitMode.Refuse : ExitMode.Teardown,
            MetricsListen = arguments.MetricsListen,
            MetricsTls = arguments.MetricsTls,
            CheckInterval = arguments.SyncInterval,
            Spawn = [.. ServeArguments(arguments, upstream, handover)],
        };
    }

    private static IEnumerable<string> ServeArguments(NodeCacheArguments arguments, IPAddress? upstream,
        string handover)
    {
        yield return "--conf";
        yield return File.Exists(arguments.BaseCorefile) || !File.Exists(arguments.Corefile)
            ? arguments.BaseCorefile
            : arguments.Corefile;
        yield return "--handover";
        yield return handover;
        yield return "--dns-port";
        yield return $"{arguments.DnsPort}";
        yield return "--local-address";
        yield return string.Join(',', arguments.LocalAddresses);
        yield return "--prometheus-endpoint";
        yield return arguments.PrometheusEndpoint;
        if (upstream is not null)
        {
            yield return "--cluster-dns";
            yield return upstream.ToString();
        }
        if (Directory.Exists(arguments.KubeDnsDirectory))
        {
            yield return "--kube-dns-config";
            yield return arguments.KubeDnsDirectory;
        }
    }

    private static HashSet<IPAddress> ServiceAddresses() => [.. Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .Where(entry => ((string)entry.Key).EndsWith("_SERVICE_HOST", StringComparison.Ordinal))
        .Select(entry => AddressText.TryAddress((string?)entry.Value, out var address) ? address : null)
        .OfType<IPAddress>()];

    private static IReadOnlyList<IPAddress> Nameservers() => !File.Exists(PillarText.UpstreamDefault)
        ? []
        : [.. ResolvConf.Parse(File.ReadAllText(PillarText.UpstreamDefault)).Nameservers
            .Select(server => LinkScope.Of(server.Address, server.Scope))
            .OfType<IPAddress>()];
}

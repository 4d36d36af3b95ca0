using System.CommandLine;
using System.Runtime.InteropServices;
using NodeDns.Cache.Serve;
using NodeDns.Corefile;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Commands;

/// <summary>`node-dns-cache serve`: its flags, and the signals that it handles.</summary>
internal static class ServeCommand
{
    private static readonly Option<string> s_conf = new("--conf")
    {
        Description = "The Corefile.",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<int> s_dnsPort = new("--dns-port")
    {
        Description = "Port of server blocks that name none.",
        HelpName = "N",
        DefaultValueFactory = _ => 53,
    };

    private static readonly Option<string> s_memory = new("--memory")
    {
        Description = "The cache's budget, such as 64Mi.",
        HelpName = "SIZE",
        DefaultValueFactory = _ => "32Mi",
    };

    private static readonly Option<string?> s_kubeDnsConfig = new("--kube-dns-config")
    {
        Description = "Directory of the kube-dns ConfigMap (stubDomains, upstreamNameservers).",
        HelpName = "DIR",
    };

    private static readonly Option<string?> s_handover = new("--handover")
    {
        Description = "Take the listening sockets from the guard at this Unix socket.",
        HelpName = "SOCKET",
    };

    private static readonly Option<string?> s_tap = new("--tap")
    {
        Description = "Let readers of single lookups (trace) in at this Unix socket.",
        HelpName = "SOCKET",
    };

    private static readonly Option<string> s_clientMetrics = new("--client-metrics")
    {
        Description = "Metrics of the clients that ask most, by their addresses: on or off.",
        HelpName = "on|off",
        DefaultValueFactory = _ => "on",
    };

    private static readonly Option<int> s_workers = new("--workers")
    {
        Description = "Threads; 0 is one for each CPU that the container may use.",
        HelpName = "N",
    };

    private static readonly Option<int> s_maxWakeUps = new("--max-wakeups")
    {
        Description = "Wake-ups a second of a thread while CPU is scarce: above it one serves several queries. 0 for no limit.",
        HelpName = "N",
        DefaultValueFactory = _ => ServeOptions.MaxWakeUpsDefault,
    };

    private static readonly Option<string?> s_localAddress = new("--local-address")
    {
        Description = "For __PILLAR__LOCAL__DNS__.",
        HelpName = "A[,A]",
    };

    private static readonly Option<string?> s_clusterDns = new("--cluster-dns")
    {
        Description = "For __PILLAR__CLUSTER__DNS__.",
        HelpName = "A",
    };

    private static readonly Option<string?> s_clusterDomain = new("--cluster-domain")
    {
        Description = "For __PILLAR__DNS__DOMAIN__.",
        HelpName = "D",
    };

    private static readonly Option<string?> s_dnsServer = new("--dns-server")
    {
        Description = "For __PILLAR__DNS__SERVER__.",
        HelpName = "A",
    };

    private static readonly Option<string?> s_prometheusEndpoint = new("--prometheus-endpoint")
    {
        Description = "For __PROMETHEUS__ENDPOINT__.",
        HelpName = "HOST:PORT",
    };

    public static Command Create()
    {
        s_memory.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } size && ByteSize.Parse(size) is null)
            {
                result.AddError($"--memory: {size}: expected a size such as 64Mi");
            }
        });
        s_clientMetrics.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is not ("on" or "off") and var value)
            {
                result.AddError($"--client-metrics: {value}: expected on or off");
            }
        });
        s_maxWakeUps.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is not (0 or >= 100 and <= 1_000_000) and var number)
            {
                result.AddError($"--max-wakeups: {number}: expected 0, or 100 to 1000000");
            }
        });
        var command = new Command("serve", "Serve DNS from the cache: the data path.")
        {
            s_conf, s_dnsPort, s_memory, s_kubeDnsConfig, s_handover, s_tap, s_clientMetrics, s_workers,
            s_maxWakeUps, s_localAddress, s_clusterDns, s_clusterDomain, s_dnsServer, s_prometheusEndpoint,
        };
        command.SetAction(result => Run(new ServeOptions
        {
            ConfigFile = result.GetRequiredValue(s_conf),
            DnsPort = result.GetValue(s_dnsPort),
            MemoryBytes = ByteSize.Parse(result.GetValue(s_memory) ?? "") ?? ServeOptions.MemoryDefault,
            KubeDnsDirectory = result.GetValue(s_kubeDnsConfig),
            HandoverSocket = result.GetValue(s_handover),
            TapSocket = result.GetValue(s_tap),
            ClientMetrics = result.GetValue(s_clientMetrics) != "off",
            Workers = result.GetValue(s_workers),
            MaxWakeUps = result.GetValue(s_maxWakeUps),
            LocalAddresses = [.. (result.GetValue(s_localAddress) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)],
            ClusterDns = result.GetValue(s_clusterDns),
            ClusterDomain = result.GetValue(s_clusterDomain),
            DnsServer = result.GetValue(s_dnsServer),
            PrometheusEndpoint = result.GetValue(s_prometheusEndpoint),
        }));
        return command;
    }

    /// <summary>Serves until SIGTERM or SIGINT. SIGHUP and SIGUSR1 make it check the configuration at once.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(ServeOptions options)
    {
        using var loggers = new StderrLogger();
        using var server = new CacheServer(options, Reading(options), loggers);
        using var terminate = Stops(PosixSignal.SIGTERM, "SIGTERM", server);
        using var interrupt = Stops(PosixSignal.SIGINT, "SIGINT", server);
        using var hangUp = Reloads(PosixSignal.SIGHUP, server);
        using var user1 = Reloads(Sigusr1, server);
        return server.Run();
    }

    /// <summary>SIGUSR1 has no name in PosixSignal, but its Linux number can be used.</summary>
    private const PosixSignal Sigusr1 = (PosixSignal)10;

    /// <summary>The environment in which `serve` reads a Corefile.</summary>
    public static CorefileOptions Reading(ServeOptions options) => new()
    {
        DnsPort = options.DnsPort,
        Files = new DiskFiles(),
        Environment = Environment.GetEnvironmentVariable,
        HasInterface = BindAddresses.HasInterface,
        Lookup = UpstreamNames.Lookup,
        Pillars = new PillarValues
        {
            LocalAddresses = options.LocalAddresses,
            ClusterDns = options.ClusterDns,
            ClusterDomain = options.ClusterDomain,
            DnsServer = options.DnsServer,
            PrometheusEndpoint = options.PrometheusEndpoint,
        },
    };

    private static PosixSignalRegistration Stops(PosixSignal signal, string name, CacheServer server) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            server.Stop(name);
        });

    private static PosixSignalRegistration Reloads(PosixSignal signal, CacheServer server) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            server.ReloadNow();
        });
}

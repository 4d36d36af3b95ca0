using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using NodeDns.Cache.Plugins;
using NodeDns.Cache.Query;
using NodeDns.Cache.Store;
using NodeDns.Cache.Upstream;
using NodeDns.Corefile;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Serve;

/// <summary>Turns a configuration into a <see cref="ServeModel"/>. Each reload uses a new builder.</summary>
internal sealed class ModelBuilder(CorefileConfig config, MetricRegistry registry, ILoggerFactory logs, LogOutput lines)
{
    /// <summary>Increase this when a new version of the program would store other answers, or store them differently.
    /// Answers of older versions are then not taken over.</summary>
    private const int Revision = 1;

    private readonly object _configuration = new();
    private readonly List<BlockPlugins> _plugins = [];
    private readonly List<(LoopPlugin Loop, IPEndPoint Server)> _loops = [];
    private readonly List<UpstreamGroup> _groups = [];
    private readonly List<(int Group, bool Continuously)> _readyGroups = [];
    private readonly List<AnswerScope> _scopes = [];
    private readonly List<(CacheMetrics, AnswerScope)> _caches = [];
    private readonly Dictionary<IPEndPoint, List<ZoneModel>> _zones = [];
    private readonly List<ListenEndPoint> _endPoints = [];
    private readonly Dictionary<IPEndPoint, TcpLimits> _limits = [];
    private readonly Dictionary<ServerBlockConfig, SearchCutModel> _cuts = config.Blocks
        .Where(block => block.SearchCut is { WhyOff: null })
        .ToDictionary(block => block, SearchCut);

    public ServeModel Build()
    {
        foreach (var block in config.Blocks)
        {
            Add(block);
        }

        var servers = _zones.Select(zones => new ServerModel(
            zones.Key,
            new ZoneTable(zones.Value),
            new ServerMetrics(
                registry, ServerName(zones.Key, IsTcpOnly(zones.Key) ? ZoneTransport.Tls : ZoneTransport.Dns), "dropped"))
        {
            IsTcpOnly = IsTcpOnly(zones.Key),
            Tcp = _limits.GetValueOrDefault(zones.Key, TcpLimits.Default),
        });
        return new ServeModel
        {
            Config = config,
            Copying = _configuration,
            Queries = new QueryModel(servers, _groups.Count),
            Groups = [.. _groups],
            ReadyGroups = [.. _readyGroups],
            EndPoints = [.. _endPoints],
            Scopes = [.. _scopes],
            Caches = [.. _caches],
            Plugins = [.. _plugins],
            Loops = [.. _loops],
            SearchCuts = [.. _cuts.Values],
        };
    }

    /// <summary>The name as CoreDNS writes it: "dns://169.254.20.10:53", or "dns://:53" for all addresses.</summary>
    internal static string ServerName(IPEndPoint endPoint, ZoneTransport transport)
    {
        var scheme = transport.Scheme();
        return endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any)
            ? $"{scheme}://:{endPoint.Port}"
            : $"{scheme}://{endPoint}";
    }

    /// <summary>Server, zone and name of every directive that the configuration enables.</summary>
    internal static IEnumerable<(string Server, string Zone, string Plugin)> EnabledPlugins(CorefileConfig config) =>
        from block in config.Blocks
        from address in BindAddresses.Of(block.Bind)
        from zone in block.Zones
        from step in DirectiveTable.InOrder.Where(directive => directive.IsStep && directive.IsIn(block))
        select (ServerName(new IPEndPoint(address, zone.Port), zone.Transport), zone.Name, step.Name);

    private bool IsTcpOnly(IPEndPoint endPoint) => !_endPoints.Contains(new ListenEndPoint(ListenProtocol.Udp, endPoint));

    private void Add(ServerBlockConfig block)
    {
        var plugins = new BlockPlugins(block, new StepTools(registry, logs, lines));
        _plugins.Add(plugins);
        var model = Block(block, plugins);
        if (block.Ready is { } ready)
        {
            _readyGroups.AddRange(model.Forwards.Select(forward => (forward.Index, ready.Continuously)));
        }

        var zoneNames = string.Join(',', block.Zones.Select(zone => zone.Name));
        foreach (var address in BindAddresses.Of(block.Bind))
        {
            foreach (var zone in block.Zones.Where(zone => zone.IsServed))
            {
                var endPoint = new IPEndPoint(address, zone.Port);
                var server = ServerName(endPoint, zone.Transport);
                if (zone.Transport == ZoneTransport.Dns)
                {
                    Listen(ListenProtocol.Udp, endPoint);
                }

                Listen(ListenProtocol.Tcp, endPoint);
                if (!_zones.TryGetValue(endPoint, out var zones))
                {
                    _zones[endPoint] = zones = [];
                }

                var cacheMetrics = model.Cache is null ? null
                    : new CacheMetrics(registry, server, zoneNames);
                if (cacheMetrics is not null)
                {
                    _caches.Add((cacheMetrics, model.Scope));
                }

                var metrics = new ServerMetrics(registry, server, zone.Name);
                var zoneModel = new ZoneModel(DnsName.ParseLower(zone.Name), model, metrics, cacheMetrics)
                {
                    Copies = plugins.LeavesHits && cacheMetrics is not null && zone.Transport == ZoneTransport.Dns
                        ? new ZoneCopies(endPoint, model, metrics, cacheMetrics, _configuration)
                        : null,
                };
                zones.Add(zoneModel);
                if (model.SearchCut is { } cut)
                {
                    cut.Zone = zoneModel;
                }

                if (block.Timeouts is { } timeouts)
                {
                    _limits[endPoint] = Limits(timeouts);
                }

                if (zone.Transport == ZoneTransport.Dns && plugins.Loop is { } loop && !_loops.Exists(known => known.Loop == loop))
                {
                    _loops.Add((loop, endPoint));
                }
            }
        }
    }

    private void Listen(ListenProtocol protocol, IPEndPoint endPoint)
    {
        var wanted = new ListenEndPoint(protocol, endPoint);
        if (!_endPoints.Contains(wanted))
        {
            _endPoints.Add(wanted);
        }
    }

    private BlockModel Block(ServerBlockConfig block, BlockPlugins plugins)
    {
        var identity = Identity(block);
        var scope = new AnswerScope(() => $"{identity}\n{plugins.Hosts?.FileIdentity}", ScopeOptions(block.Cache));
        _scopes.Add(scope);
        return new BlockModel
        {
            Scope = scope,
            Cache = block.Cache is { } cache ? Cache(cache, block) : null,
            Forwards = [.. block.Forward.Select(forward => Forward(forward, block.Cancel))],
            BeforeDns64 = plugins.BeforeDns64,
            Dns64 = plugins.Dns64,
            BeforeCache = plugins.BeforeCache,
            AfterCache = plugins.AfterCache,
            AfterForward = plugins.AfterForward,
            Filters = plugins.Filters,
            Errors = plugins.Errors,
            Log = plugins.Log,
            Dnstap = plugins.Dnstap,
            Loop = plugins.Loop,
            Rewrite = plugins.Rewrite,
            SearchCut = _cuts.GetValueOrDefault(block),
            SearchCuts = [.. _cuts.Values],
            UdpSize = (ushort)(block.Bufsize?.Bytes ?? BlockModel.DefaultUdpSize),
        };
    }

    private static string Identity(ServerBlockConfig block) => $"{Revision} {BlockIdentity.Of(block)}";

    private static SearchCutModel SearchCut(ServerBlockConfig block) =>
        new(DnsName.ParseLower(block.SearchCut!.Domain), Identity(block));

    private static ScopeOptions ScopeOptions(CacheConfig? cache) => cache is null
        ? default
        : new ScopeOptions(cache.SuccessCapacity ?? 0, cache.DenialCapacity ?? 0);

    private static CacheModel Cache(CacheConfig cache, ServerBlockConfig block) => new()
    {
        // If these are the block's own zones, every query is in one of them, so there is nothing to check.
        Zones = cache.Zones.SequenceEqual(block.Zones.Select(zone => zone.Name)) ? [] : Names(cache.Zones),
        SuccessTtlSeconds = Seconds(cache.SuccessTtl),
        SuccessMinTtlSeconds = cache.SuccessMinTtl is { } success ? Seconds(success) : null,
        DenialTtlSeconds = Seconds(cache.DenialTtl),
        DenialMinTtlSeconds = cache.DenialMinTtl is { } denial ? Seconds(denial) : null,
        FailureTtlSeconds = Seconds(cache.ServfailTtl),
        DisableSuccess = Names(cache.DisableSuccess),
        DisableDenial = Names(cache.DisableDenial),
        KeepTtl = cache.KeepTtl,
        Prefetch = cache.Prefetch is { Amount: > 0 } prefetch
            ? new PrefetchModel(prefetch.Amount, (int)Math.Min(prefetch.Window.TotalSeconds, ushort.MaxValue / 2),
                prefetch.Percentage)
            : null,
        Stale = cache.ServeStale is { } stale
            ? new StaleModel(
                (long)stale.Duration.TotalMilliseconds,
                stale.AnswerTtl is { } ttl ? Seconds(ttl) : StaleModel.DefaultTtlSeconds,
                stale.Mode == ServeStaleMode.Verify,
                (long)stale.VerifyTimeout.TotalMilliseconds,
                Seconds(stale.FailureRecheck),
                stale.PreferPositive)
            : null,
    };

    private ForwardModel Forward(ForwardConfig forward, CancelConfig? cancel)
    {
        var options = UpstreamOptions.Of(forward, cancel, OwnAddresses);
        var model = new ForwardModel(
            _groups.Count, DnsName.ParseLower(forward.From), Names(forward.Except), options);
        _groups.Add(new UpstreamGroup(options, registry, logs.CreateLogger("plugin/forward")));
        return model;
    }

    private ImmutableArray<IPAddress> OwnAddresses(int port) => [.. config.Blocks
        .Where(block => block.Zones.Any(zone => zone.Port == port))
        .SelectMany(block => BindAddresses.WithMachines(BindAddresses.Of(block.Bind)))
        .Distinct()];

    private static TcpLimits Limits(TimeoutsConfig timeouts) => new(
        Milliseconds(timeouts.Read, TcpLimits.Default.ReadMs),
        Milliseconds(timeouts.Write, TcpLimits.Default.WriteMs),
        Milliseconds(timeouts.Idle, TcpLimits.Default.IdleMs),
        timeouts.MaxTcpQueries ?? 0);

    private static int Milliseconds(TimeSpan? given, int otherwise) =>
        given is { } time ? (int)time.TotalMilliseconds : otherwise;

    private static byte[][] Names(ImmutableArray<string> names) => [.. names.Select(DnsName.ParseLower)];

    private static uint Seconds(TimeSpan time) => (uint)Math.Min(time.TotalSeconds, uint.MaxValue);
}

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

/// <summary>Turns a configuration into a <see cref="ServeModel"/>. Each reload is a new builder.</summary>
public sealed class ModelBuilder(CorefileConfig config, QueryShared shared, ILoggerFactory logs, LogOutput lines)
{
    private readonly List<BlockPlugins> _plugins = [];
    private readonly List<(LoopPlugin Loop, IPEndPoint Server)> _loops = [];
    private readonly List<UpstreamGroup> _groups = [];
    private readonly List<(int Group, bool Continuously)> _readyGroups = [];
    private readonly Dictionary<string, ushort> _scopes = [];
    private readonly Dictionary<IPEndPoint, List<ZoneModel>> _zones = [];
    private readonly List<ListenEndPoint> _endPoints = [];
    private readonly Dictionary<IPEndPoint, TcpLimits> _limits = [];

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
                shared.Registry, ServerName(zones.Key, IsTcpOnly(zones.Key) ? ZoneTransport.Tls : ZoneTransport.Dns), "dropped"))
        {
            IsTcpOnly = IsTcpOnly(zones.Key),
            Tcp = _limits.GetValueOrDefault(zones.Key, TcpLimits.Default),
        });
        return new ServeModel
        {
            Config = config,
            Queries = new QueryModel(servers, _groups.Count),
            Groups = [.. _groups],
            ReadyGroups = [.. _readyGroups],
            EndPoints = [.. _endPoints],
            Scopes = _scopes,
            Plugins = [.. _plugins],
            Loops = [.. _loops],
        };
    }

    /// <summary>Gives the store's scopes the limits of a configuration that stays in force: building another one has
    /// set that one's.</summary>
    internal static void RestoreLimits(CorefileConfig config, AnswerStore store)
    {
        foreach (var block in config.Blocks)
        {
            store.Scope(BlockIdentity.Of(block), ScopeOptions(block.Cache));
        }
    }

    /// <summary>As CoreDNS writes it: "dns://169.254.20.10:53", and "dns://:53" for every address.</summary>
    internal static string ServerName(IPEndPoint endPoint, ZoneTransport transport)
    {
        var scheme = transport.Scheme();
        return endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any)
            ? $"{scheme}://:{endPoint.Port}"
            : $"{scheme}://{endPoint}";
    }

    /// <summary>Server, zone and directive of everything the configuration enables.</summary>
    internal static IEnumerable<(string Server, string Zone, string Plugin)> EnabledPlugins(CorefileConfig config) =>
        from block in config.Blocks
        from address in BindAddresses.Of(block.Bind)
        from zone in block.Zones
        from plugin in BlockPlugins.NamesOf(block)
        select (ServerName(new IPEndPoint(address, zone.Port), zone.Transport), zone.Name, plugin);

    private bool IsTcpOnly(IPEndPoint endPoint) => !_endPoints.Contains(new ListenEndPoint(ListenProtocol.Udp, endPoint));

    private void Add(ServerBlockConfig block)
    {
        if (block.Prometheus is { RuntimeMetrics: true })
        {
            RuntimeMetrics.Register(shared.Registry);
        }

        var plugins = new BlockPlugins(block, shared.Registry, logs, lines);
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
                    : new CacheMetrics(shared.Registry, server, zoneNames);
                if (model.Cache is { } cache)
                {
                    cacheMetrics!.Store(
                        isDenial => shared.Store.Count(cache.Scope, KindOf(isDenial)),
                        isDenial => shared.Store.EvictionsOf(cache.Scope, KindOf(isDenial)));
                }

                zones.Add(new ZoneModel(
                    DnsName.ParseLower(zone.Name),
                    model,
                    new ServerMetrics(shared.Registry, server, zone.Name),
                    cacheMetrics));
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
        var identity = BlockIdentity.Of(block);
        var scope = shared.Store.Scope(identity, ScopeOptions(block.Cache));
        _scopes[identity] = scope;
        return new BlockModel
        {
            Scope = scope,
            Cache = block.Cache is { } cache ? Cache(cache, block, scope) : null,
            Forwards = [.. block.Forward.Select(forward => Forward(forward, block.Cancel))],
            BeforeCache = plugins.BeforeCache,
            AfterCache = plugins.AfterCache,
            AfterForward = plugins.AfterForward,
            Filters = plugins.Filters,
            Errors = plugins.Errors,
            Log = plugins.Log,
            Loop = plugins.Loop,
            Rewrite = plugins.Rewrite,
            Dns64 = plugins.Dns64,
            UdpSize = (ushort)(block.Bufsize?.Bytes ?? BlockModel.DefaultUdpSize),
        };
    }

    private static AnswerKind KindOf(bool isDenial) => isDenial ? AnswerKind.Denial : AnswerKind.Success;

    private static ScopeOptions ScopeOptions(CacheConfig? cache) => cache is null
        ? default
        : new ScopeOptions(cache.SuccessCapacity ?? 0, cache.DenialCapacity ?? 0);

    private static CacheModel Cache(CacheConfig cache, ServerBlockConfig block, ushort scope) => new()
    {
        Scope = scope,
        // The block's own zones are what it is asked for anyway.
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
        var options = UpstreamOptions.Of(forward, cancel);
        var model = new ForwardModel(
            _groups.Count, DnsName.ParseLower(forward.From), Names(forward.Except), options);
        _groups.Add(new UpstreamGroup(options, shared.Registry, logs.CreateLogger("plugin/forward")));
        return model;
    }

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

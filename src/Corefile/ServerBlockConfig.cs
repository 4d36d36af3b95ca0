using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>One block of the file: zones and at most one record a directive (forward: one a line).</summary>
/// <remarks>The order of directives in the file means nothing; the steps run in CoreDNS's fixed order.</remarks>
public sealed record ServerBlockConfig
{
    public SourceLine At { get; init; }
    public ImmutableArray<ZoneConfig> Zones { get; init; } = [];

    /// <summary>True for a block made from the kube-dns ConfigMap's stubDomains.</summary>
    public bool IsStubDomain { get; init; }

    /// <summary>Its directives as they stand in the file, in its order, variables and imports filled in.</summary>
    public ImmutableArray<WrittenDirective> Written { get; init; } = [];

    public AclConfig? Acl { get; init; }
    public AnyConfig? Any { get; init; }
    public BindConfig? Bind { get; init; }
    public BufsizeConfig? Bufsize { get; init; }
    public CacheConfig? Cache { get; init; }
    public CancelConfig? Cancel { get; init; }
    public DebugConfig? Debug { get; init; }
    public Dns64Config? Dns64 { get; init; }
    public ErrorsConfig? Errors { get; init; }

    /// <summary>In file order: each is asked when its zone holds the name, the next when it says so.</summary>
    public ImmutableArray<ForwardConfig> Forward { get; init; } = [];

    public HealthConfig? Health { get; init; }
    public HostsConfig? Hosts { get; init; }
    public LoadbalanceConfig? Loadbalance { get; init; }
    public LocalConfig? Local { get; init; }
    public LogConfig? Log { get; init; }
    public LoopConfig? Loop { get; init; }
    public MinimalConfig? Minimal { get; init; }
    public PprofConfig? Pprof { get; init; }
    public PrometheusConfig? Prometheus { get; init; }
    public ReadyConfig? Ready { get; init; }
    public ReloadConfig? Reload { get; init; }
    public RewriteConfig? Rewrite { get; init; }
    public TemplateConfig? Template { get; init; }
    public TimeoutsConfig? Timeouts { get; init; }
    public TraceConfig? Trace { get; init; }
    public WhoamiConfig? Whoami { get; init; }
}

/// <param name="Text">Its words and lines; spacing and comments make no difference.</param>
public readonly record struct WrittenDirective(string Name, string Text);

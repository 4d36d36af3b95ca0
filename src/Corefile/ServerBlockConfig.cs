using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>One block of the file: its zones, and at most one record for each directive (for forward, one for each
/// line).</summary>
/// <remarks>The order of directives in the file has no meaning. The steps run in CoreDNS's fixed order.</remarks>
public sealed record ServerBlockConfig
{
    public SourceLine At { get; init; }
    public ImmutableArray<ZoneConfig> Zones { get; init; } = [];

    /// <summary>True for a block made from the kube-dns ConfigMap's stubDomains.</summary>
    public bool IsStubDomain { get; init; }

    /// <summary>The directives in the order of the file, with variables and imports replaced.</summary>
    public ImmutableArray<WrittenDirective> Written { get; init; } = [];

    public AclConfig? Acl { get; init; }
    public AnyConfig? Any { get; init; }
    public BindConfig? Bind { get; init; }
    public BufsizeConfig? Bufsize { get; init; }
    public CacheConfig? Cache { get; init; }
    public CancelConfig? Cancel { get; init; }
    public DebugConfig? Debug { get; init; }
    public Dns64Config? Dns64 { get; init; }

    /// <summary>The collectors that are told of queries and replies.</summary>
    public ImmutableArray<DnstapConfig> Dnstap { get; init; } = [];

    public ErrorsConfig? Errors { get; init; }

    /// <summary>The forwards in the order of the file. A query goes to the first whose zone its name is in, and to the
    /// next one if that says so.</summary>
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
    public SearchCutConfig? SearchCut { get; init; }
    public TemplateConfig? Template { get; init; }
    public TimeoutsConfig? Timeouts { get; init; }
    public TraceConfig? Trace { get; init; }
    public WhoamiConfig? Whoami { get; init; }
}

/// <param name="Text">The words and lines, without differences in spacing and comments.</param>
public readonly record struct WrittenDirective(string Name, string Text);

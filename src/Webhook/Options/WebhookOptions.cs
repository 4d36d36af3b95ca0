using NodeDns.Addresses;
using NodeDns.Injection.Decide;

namespace NodeDns.Webhook.Options;

/// <summary>The validated options. docs/webhook/options.md describes each.</summary>
internal sealed record WebhookOptions
{
    public required ListenAddress Listen { get; init; }

    public required ListenAddress MetricsListen { get; init; }

    public required string TlsCert { get; init; }

    public required string TlsKey { get; init; }

    public TimeSpan TlsPoll { get; init; } = TimeSpan.FromSeconds(10);

    public required InjectionSettings Injection { get; init; }

    public bool NamespaceSettings { get; init; }

    public ProbeOptions? Probe { get; init; }

    public TimeSpan ShutdownDelay { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>What the operator should know although it is not an error. Logged at start.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}

/// <summary>How the node cache is probed; null when it is not.</summary>
internal sealed record ProbeOptions(int Port, string Name, TimeSpan Interval, TimeSpan Timeout);

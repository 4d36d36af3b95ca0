namespace NodeDns.Corefile;

/// <summary>dnstap: sends what is asked and answered to a collector.</summary>
public sealed record DnstapConfig : DirectiveConfig
{
    /// <summary>The largest queue, in units of <see cref="Queue"/>. CoreDNS takes up to 4096, which is more memory than a
    /// node's cache should ever use.</summary>
    public const int QueueMaximum = 16;

    /// <summary>The collector's Unix socket; null when it is asked over TCP.</summary>
    public string? Path { get; init; }

    /// <summary>The collector's address; null for a Unix socket, or for a host name that has not been looked up.</summary>
    public UpstreamAddress? To { get; init; }

    /// <summary>Sends the DNS messages too.</summary>
    public bool Full { get; init; }

    /// <summary>How much may wait for the collector, in MiB.</summary>
    public int Queue { get; init; } = 1;

    /// <summary>null for the machine's name.</summary>
    public string? Identity { get; init; }

    /// <summary>null for this program's.</summary>
    public string? Version { get; init; }

    /// <summary>Sent with every message.</summary>
    public string? Extra { get; init; }
}

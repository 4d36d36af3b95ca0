using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>What a pod said about DNS before the webhook.</summary>
/// <param name="DnsPolicy">null when it was not there.</param>
/// <param name="DnsConfig">An object, or absent.</param>
public readonly record struct OriginalDns(string? DnsPolicy, JsonElement DnsConfig)
{
    internal static OriginalDns Of(PodView pod) => new(pod.Spec.Text("dnsPolicy"u8), pod.DnsConfig);

    /// <summary>Absent counts as ClusterFirst, the API server's default.</summary>
    internal string EffectivePolicy => DnsPolicy is { Length: > 0 } policy ? policy : "ClusterFirst";

    /// <summary>Pods with another policy are never injected.</summary>
    internal bool IsInjectable => EffectivePolicy is "ClusterFirst" or "ClusterFirstWithHostNet";
}

using System.Text.Json;

namespace NodeDns.Webhook.Decide;

/// <summary>The dnsConfig that a pod gets, with dnsPolicy None.</summary>
internal sealed record DnsPlan
{
    public required IReadOnlyList<string> Nameservers { get; init; }

    public required IReadOnlyList<string> Searches { get; init; }

    public required IReadOnlyList<ResolverOption> Options { get; init; }

    public required Fallback Fallback { get; init; }

    /// <summary>The pod's own dnsConfig, for members that this version does not know; an object, or absent.</summary>
    public JsonElement Original { get; init; }
}

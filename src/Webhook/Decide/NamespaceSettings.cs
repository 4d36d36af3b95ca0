namespace NodeDns.Webhook.Decide;

/// <summary>What a namespace says about its pods.</summary>
internal sealed record NamespaceSettings(DnsAnnotations Annotations, bool? InjectLabel)
{
    public static readonly NamespaceSettings None = new(DnsAnnotations.None, null);
}

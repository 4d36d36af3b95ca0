namespace NodeDns.Injection.Decide;

/// <summary>What a namespace says about its pods.</summary>
public sealed record NamespaceSettings(DnsAnnotations Annotations, bool? InjectLabel)
{
    /// <summary>Of every namespace when nobody watches them, and of one that the watch has not seen yet.</summary>
    public static readonly NamespaceSettings None = new(DnsAnnotations.None, null);

    public bool IsKnown => !ReferenceEquals(this, None);
}

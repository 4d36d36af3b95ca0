using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Cuts;

/// <summary>A place in the cluster domain to which a search list can lead: a name below it is a search domain with an
/// outside name before it. <c>www.example.com.shop.svc.cluster.local</c> is below <c>com.shop.svc.cluster.local</c>, and below
/// no other place.</summary>
/// <param name="Start">Offset of the place's name in the qname.</param>
/// <param name="LabelsBelow">The number of labels before it, at least one.</param>
/// <param name="IsInNamespace">It is <c>LABEL.NAMESPACE.svc.DOMAIN</c>, the first search domain of a pod.</param>
internal readonly record struct CutPlace(int Start, int LabelsBelow, bool IsInNamespace)
{
    /// <summary>The most places that one name is below.</summary>
    public const int Maximum = 2;

    /// <summary>The label that is the last one of the name before the search domain.</summary>
    public ReadOnlySpan<byte> Label(ReadOnlySpan<byte> name) => name.Slice(Start + 1, name[Start]);

    /// <summary>Finds the places that a name is below: <c>LABEL.NAMESPACE.svc.DOMAIN</c>, <c>LABEL.svc.DOMAIN</c> and
    /// <c>LABEL.DOMAIN</c>.</summary>
    /// <remarks>CoreDNS has every name that begins with <c>ns.dns.DOMAIN</c>, whatever follows, so names that begin with
    /// <c>ns.dns</c> are below no place.</remarks>
    /// <param name="name">Lower-case qname.</param>
    /// <param name="domain">The lower-case cluster domain.</param>
    /// <param name="places">Room for <see cref="Maximum"/> places, the lowest one first.</param>
    /// <returns>The number of places.</returns>
    public static int Find(ReadOnlySpan<byte> name, ReadOnlySpan<byte> domain, Span<CutPlace> places)
    {
        if (name.Length <= domain.Length || !DnsName.IsWithin(name, domain) || name.StartsWith("\u0002ns\u0003dns"u8))
        {
            return 0;
        }

        // The offsets of the three labels above the domain: l1 next to it.
        int l1 = -1, l2 = -1, l3 = -1, labels = 0;
        for (var at = 0; at < name.Length - domain.Length; at += name[at] + 1)
        {
            (l3, l2, l1) = (l2, l1, at);
            labels++;
        }

        var count = 0;
        if (!IsSvc(name, l1))
        {
            Add(l1, labels - 1, false, name, places);
            return count;
        }

        if (l3 >= 0)
        {
            Add(l3, labels - 3, true, name, places);
        }

        if (l2 >= 0)
        {
            Add(l2, labels - 2, false, name, places);
        }

        return count;

        void Add(int start, int below, bool isInNamespace, ReadOnlySpan<byte> name, Span<CutPlace> places)
        {
            if (below > 0 && IsLabel(name.Slice(start + 1, name[start])))
            {
                places[count++] = new CutPlace(start, below, isInNamespace);
            }
        }
    }

    /// <summary>False for labels that the cluster domain gives a meaning: names may exist below them although they do not
    /// exist themselves.</summary>
    public static bool IsLabel(ReadOnlySpan<byte> label) =>
        label[0] != '_' && !label.SequenceEqual("svc"u8) && !label.SequenceEqual("pod"u8) && !label.SequenceEqual("dns"u8);

    private static bool IsSvc(ReadOnlySpan<byte> name, int start) => name.Slice(start + 1, name[start]).SequenceEqual("svc"u8);
}

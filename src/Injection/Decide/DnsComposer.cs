using System.Text.Json;
using NodeDns.Addresses;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>Composes the settings that kubelet would have written for ClusterFirst, but with the local address first
/// and with the requested options (kubernetes pkg/kubelet/network/dns: GetPodDNS, appendDNSConfig,
/// formDNSSearchFitsLimits).</summary>
internal sealed class DnsComposer(DnsModel model, Warnings warnings)
{
    /// <summary>kubelet's default, and the only value that musl and glibc treat alike.</summary>
    private static readonly ResolverOption s_ndots = new("ndots", "5");

    /// <summary>musl ignores a search line of more than 255 octets, of which "search " takes 7.</summary>
    private const int MuslSearchChars = 248;

    public DnsPlan Compose(
        PodView pod, string @namespace, DnsAnnotations ofNamespace, DnsAnnotations ofPod, Fallback fallback) =>
        new()
        {
            Nameservers = Nameservers(pod.DnsConfig.Member("nameservers"u8), fallback),
            Searches = Searches(pod.DnsConfig.Member("searches"u8), @namespace, ofNamespace, ofPod),
            Options = Options(pod.DnsConfig.Member("options"u8), ofNamespace, ofPod),
            Fallback = fallback,
        };

    /// <summary>An address is written once, in its first spelling. kubelet would repeat it in another, and a resolver
    /// would ask the same server twice.</summary>
    private AddressList Nameservers(JsonElement own, Fallback fallback)
    {
        AddressList operators = [.. model.LocalAddresses, .. fallback == Fallback.ClusterDns ? model.ClusterDns : []];
        AddressList all = [.. operators, .. own.Items.Select(server => server.AsText!)];
        // Too many servers in the webhook's own options are reported at start. The pod's author could not change them.
        foreach (var left in all.Skip(Math.Max(operators.Count, ApiLimits.MaxNameservers)))
        {
            warnings.Add($"dnsConfig.nameservers: {Warnings.Quote(left)} left out: at most "
                + $"{ApiLimits.MaxNameservers}, the node cache's included");
        }

        return [.. all.Take(ApiLimits.MaxNameservers)];
    }

    private List<string> Searches(JsonElement own, string @namespace, DnsAnnotations ofNamespace, DnsAnnotations ofPod)
    {
        var searches = new List<string>(4);
        if (model.ClusterDomain.Length > 0)
        {
            AddNew(searches, $"{@namespace}.svc.{model.ClusterDomain}");
            AddNew(searches, model.ServiceDomain);
            AddNew(searches, model.ClusterDomain);
        }
        AddNew(searches, model.HostSearches);
        AddNew(searches, own);
        AddNew(searches, ofNamespace.Searches);
        AddNew(searches, ofPod.Searches);
        FitLimits(searches);
        var chars = ApiLimits.SearchChars(searches);
        if (chars > MuslSearchChars)
        {
            warnings.Add(
                $"the search line is {chars} characters: Alpine (musl) ignores one of more than {MuslSearchChars}");
        }

        return searches;
    }

    /// <summary>Applies the limits in kubelet's order: number of domains, then length of each domain, then length of
    /// the line.</summary>
    private void FitLimits(List<string> searches)
    {
        var limits = model.Limits;
        CutTo(searches, Math.Min(searches.Count, limits.MaxSearches), $"at most {limits.MaxSearches} search domains");
        for (var i = searches.Count - 1; i >= 0; i--)
        {
            if (searches[i].Length <= ApiLimits.MaxDomainChars)
            {
                continue;
            }

            warnings.Add(
                $"search domain {Warnings.Quote(searches[i])} left out: longer than {ApiLimits.MaxDomainChars}");
            searches.RemoveAt(i);
        }
        var keep = searches.Count;
        for (var chars = ApiLimits.SearchChars(searches); keep > 0 && chars > limits.MaxSearchChars; keep--)
        {
            chars -= searches[keep - 1].Length + 1;
        }

        CutTo(searches, keep, $"at most {limits.MaxSearchChars} characters of search domains");
    }

    private void CutTo(List<string> searches, int count, string why)
    {
        if (count == searches.Count)
        {
            return;
        }

        warnings.Add(
            $"{searches.Count - count} search domains from {Warnings.Quote(searches[count])} on left out: {why}");
        searches.RemoveRange(count, searches.Count - count);
    }

    private List<ResolverOption> Options(JsonElement own, DnsAnnotations ofNamespace, DnsAnnotations ofPod)
    {
        var merge = new OptionMerge();
        merge.Add(s_ndots);
        merge.Add(model.Options);
        merge.Add(ofNamespace.Options);
        var operatorNdots = merge.Ndots;
        foreach (var option in own.Items)
        {
            merge.Add(OwnOption(option));
        }

        merge.Add(ofPod.Options);
        // Warn only if the pod itself asked for this, because then its author can change it.
        if (merge.Ndots < operatorNdots && merge.Ndots < 5)
        {
            warnings.Add(
                $"ndots:{merge.Ndots}: Alpine (musl) asks a name with {merge.Ndots} "
                + "or more dots only as it is, never with a search domain");
        }
        return merge.ToSorted();
    }

    private ResolverOption OwnOption(JsonElement option)
    {
        var name = option.Text("name"u8) ?? "";
        var value = option.Text("value"u8);
        if (value is "")
        {
            value = null;
        }

        if (KnownOptions.TryGetRange(name, out _, out _) && KnownOptions.Problem(name, value) is { } problem)
        {
            var said = value is null ? "has no value" : $"is {Warnings.Quote(value)}";
            warnings.Add($"dnsConfig.options: {name} {said}, kept as it is: {problem}");
        }
        return new ResolverOption(name, value);
    }

    private static void AddNew(List<string> list, IReadOnlyList<string> items)
    {
        for (var i = 0; i < items.Count; i++)
        {
            AddNew(list, items[i]);
        }
    }

    private static void AddNew(List<string> list, JsonElement items)
    {
        foreach (var item in items.Items)
        {
            AddNew(list, item.AsText!);
        }
    }

    /// <summary>Adds a string that is not in the list. Compares exactly, like kubelet: <c>corp</c> and <c>corp.</c> are
    /// different.</summary>
    private static void AddNew(List<string> list, string item)
    {
        if (!list.Contains(item))
        {
            list.Add(item);
        }
    }
}

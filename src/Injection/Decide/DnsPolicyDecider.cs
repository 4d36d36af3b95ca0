using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>Decides what happens to a pod:
/// <code>
/// 1 is it the creation of a pod → 2 is it selected → 3 can it work → 4 compose → 5 would the API server take it
/// </code></summary>
public sealed class DnsPolicyDecider(DnsModel model, SelectionModel selection)
{
    private readonly PlainPlans _plainPlans = new();

    /// <param name="request">From the API server; its object must be alive as long as the decision is.</param>
    /// <param name="settings">Of the request's namespace.</param>
    /// <param name="cache">Whether the node cache answers.</param>
    /// <param name="warnings">Receives what the pod's author should know.</param>
    public Decision Decide(
        in AdmissionRequest request, Func<string, NamespaceSettings> settings, CacheState cache, Warnings warnings)
    {
        // 1
        if (!request.IsPod)
            return Decision.Skip(SkipReason.NotAPod);
        if (request.IsSubresource)
            return Decision.Skip(SkipReason.Subresource);
        if (!request.IsCreate)
            return Decision.Skip(SkipReason.NotCreate);
        if (PodView.TryRead(request.Object, out PodView pod) is { } unreadable)
            return Decision.Skip(SkipReason.Unreadable, unreadable);
        if (request.Namespace is not { Length: > 0 } @namespace)
            return Decision.Skip(SkipReason.NoNamespace);
        if (selection.ExcludedNamespaces.Contains(@namespace))
            return Decision.Skip(SkipReason.NamespaceExcluded);

        // 2
        NamespaceSettings ofNamespace = settings(@namespace);
        DnsAnnotations annotations = DnsAnnotations.Read(pod.Annotations, model, onNamespace: false, warnings);
        bool? wish = Wish(pod, annotations, warnings);
        if (wish == false)
            return Decision.Skip(SkipReason.PodOptedOut);
        if (wish is null && ofNamespace.InjectLabel == false)
            return Decision.Skip(SkipReason.NamespaceOptedOut);
        // Of a namespace that is not known, the selector of the configuration has said what there is to say.
        if (wish is null && selection.Mode == SelectionMode.OptIn
            && ofNamespace is { IsKnown: true, InjectLabel: null })
            return Decision.Skip(SkipReason.NotOptedIn);

        // 3
        SkipReason? reason = SkipRules.ByPlace(pod, selection) ?? ByPolicy(pod, @namespace, warnings);
        if (reason is null && wish is null
            && !Canary.IsIn(
                pod, @namespace, ofNamespace.Annotations.Percent ?? selection.Percent, selection.PercentSeedLabel))
            reason = SkipReason.Canary;
        if (reason is { } because)
        {
            // Whoever asked by name is told why not; for all others a skip is what they expect.
            if (because != SkipReason.AlreadyConfigured && (wish == true || !annotations.IsEmpty))
                warnings.Add($"not injected ({because.Name()}): {because.Explain()}");
            return Decision.Skip(because);
        }

        // 4
        bool plain = pod.DnsConfig.IsAbsent && annotations.IsEmpty;
        DnsPlan? plan = plain ? _plainPlans.Find(@namespace, ofNamespace) : null;
        if (plan is null)
        {
            if (OwnProblem(pod.DnsConfig) is { } own)
                return Decision.Skip(SkipReason.PodInvalid, own);
            int warned = warnings.Texts.Count;
            plan = new DnsComposer(model, warnings).Compose(pod, @namespace, ofNamespace.Annotations, annotations);
            // 5
            if (ResultProblem(plan) is { } problem)
                return Decision.Skip(SkipReason.ResultInvalid, problem);
            if (plain && warnings.Texts.Count == warned)
            {
                plan = plan with { Encoded = new byte[]?[3] };
                _plainPlans.Add(@namespace, ofNamespace, plan);
            }
        }
        if (model.LocalAddresses.Count > 0 && cache is CacheState.Silent or CacheState.Unknown)
        {
            if (plan.Fallback == Fallback.None)
                return Decision.Skip(SkipReason.CacheSilent);
            if (cache == CacheState.Silent)
                warnings.Add(
                    $"the node cache {model.LocalAddresses[0]} does not answer now; names are resolved by cluster DNS");
        }
        return Decision.Rewrite(plan, pod);
    }

    /// <summary>What the pod itself asks for: its label, the compatible label, its annotation, in this order.</summary>
    private bool? Wish(PodView pod, DnsAnnotations annotations, Warnings warnings)
    {
        if (Read("nodedns.io/inject") is { } wish)
            return wish;
        if (selection.CompatLabel && Read("node-local-dns-injection") is { } compat)
            return compat;
        return annotations.Inject;

        bool? Read(string label)
        {
            string? value = label == "nodedns.io/inject"
                ? pod.Label("nodedns.io/inject"u8)
                : pod.Label("node-local-dns-injection"u8);
            bool? read = DnsAnnotations.InjectValue(value);
            if (value is not null && read is null)
                warnings.Add($"label {label}: {Warnings.Quote(value)} ignored: expected enabled or disabled");
            return read;
        }
    }

    private SkipReason? ByPolicy(PodView pod, string @namespace, Warnings warnings)
    {
        switch (pod.DnsPolicy)
        {
            case "ClusterFirst":
                return pod.HostNetwork ? SkipReason.HostNetwork : null;
            case "ClusterFirstWithHostNet":
                return pod.HostNetwork && !selection.InjectHostNetwork ? SkipReason.HostNetworkOff : null;
            case "Default":
                return SkipReason.PolicyDefault;
            case "None":
                return ByOwnServers(pod, @namespace, warnings);
            default:
                return SkipReason.PolicyInvalid;
        }
    }

    /// <summary>dnsPolicy None is the pod's own, or ours from an earlier call: then it is complete, unless another
    /// webhook has since emptied the nameservers, which the API server would reject.</summary>
    private SkipReason? ByOwnServers(PodView pod, string @namespace, Warnings warnings)
    {
        JsonView server = pod.DnsConfig.Member("nameservers"u8).Children.First;
        bool injectedBefore = pod.Annotation("nodedns.io/status"u8) is not null;
        if (server.IsAbsent)
            return injectedBefore ? null : SkipReason.PolicyNone;
        if (model.LocalAddresses.Count == 0 || server.AsText != model.LocalAddresses[0])
            return SkipReason.PolicyNone;
        if (injectedBefore && model.ClusterDomain.Length > 0
            && pod.DnsConfig.Member("searches"u8).Children.First.AsText is { } first
            && first.EndsWith(".svc." + model.ClusterDomain, StringComparison.Ordinal)
            && first != $"{@namespace}.svc.{model.ClusterDomain}")
        {
            warnings.Add(
                $"dnsConfig is a copy from another namespace: it searches {Warnings.Quote(first)}, "
                + $"the pod is in {@namespace}");
        }
        return SkipReason.AlreadyConfigured;
    }

    /// <summary>A dnsConfig that the API server rejects as it stands is left to it: its message names the pod's own
    /// mistake, and ours would hide it.</summary>
    private string? OwnProblem(JsonView dnsConfig)
    {
        if (dnsConfig.IsAbsent)
            return null;
        var options = new List<ResolverOption>();
        foreach (JsonView option in dnsConfig.Member("options"u8).Children)
            options.Add(new ResolverOption(option.Text("name"u8) ?? "", null));
        return model.Limits.Problem(Strings("nameservers"u8), Strings("searches"u8), options);

        List<string> Strings(ReadOnlySpan<byte> name)
        {
            var strings = new List<string>();
            foreach (JsonView item in dnsConfig.Member(name).Children)
                strings.Add(item.AsText!);
            return strings;
        }
    }

    private string? ResultProblem(DnsPlan plan) =>
        plan.Nameservers.Count == 0
            ? "no nameserver is left"
            : model.Limits.Problem(plan.Nameservers, plan.Searches, plan.Options);
}

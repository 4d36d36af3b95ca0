using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>Decides what happens to a pod:
/// <code>
/// 1 is it the creation of a pod → 2 is it selected → 3 can it work → 4 compose → 5 would the API server take it
/// </code></summary>
public sealed class DnsPolicyDecider(InjectionSettings settings)
{
    private readonly DnsModel _model = settings.Dns;
    private readonly SelectionModel _selection = settings.Selection;

    /// <param name="request">From the API server; its object must be alive as long as the decision is.</param>
    /// <param name="namespaces">What the request's namespace says.</param>
    /// <param name="cache">Whether the node cache answers.</param>
    /// <param name="warnings">Receives what the pod's author should know.</param>
    public Decision Decide(
        in AdmissionRequest request, Func<string, NamespaceSettings> namespaces, CacheState cache, Warnings warnings)
    {
        // 1
        if (!request.IsPod)
            return Decision.Skip(SkipReason.NotAPod);
        if (request.IsSubresource)
            return Decision.Skip(SkipReason.Subresource);
        if (!request.IsCreate)
            return Decision.Skip(SkipReason.NotCreate);
        if (request.Namespace is not { Length: > 0 } @namespace)
            return Decision.Skip(SkipReason.NoNamespace);
        return Decide(request.Object, @namespace, namespaces(@namespace), cache, warnings);
    }

    /// <param name="object">A pod as its author wrote it or as the API server has it.</param>
    /// <param name="namespace">In which it is to be.</param>
    /// <param name="ofNamespace">What that namespace says.</param>
    /// <param name="cache">Whether the node cache answers.</param>
    /// <param name="warnings">Receives what the pod's author should know.</param>
    public Decision Decide(
        JsonElement @object, string @namespace, NamespaceSettings ofNamespace, CacheState cache, Warnings warnings)
    {
        if (PodView.TryRead(@object, out var pod) is { } unreadable)
            return Decision.Skip(SkipReason.Unreadable, unreadable);
        if (_selection.ExcludedNamespaces.Contains(@namespace))
            return Decision.Skip(SkipReason.NamespaceExcluded);

        // 2
        DnsAnnotations annotations = DnsAnnotations.Read(pod.Annotations, _model, onNamespace: false, warnings);
        bool? wish = Wish(pod, annotations, warnings);
        if (wish == false)
            return Decision.Skip(SkipReason.PodOptedOut);
        if (wish is null && ofNamespace.Inject == false)
            return Decision.Skip(SkipReason.NamespaceOptedOut);
        // Of a namespace that is not known, the selector of the configuration has said what there is to say.
        if (wish is null && _selection.Mode == SelectionMode.OptIn
            && ofNamespace is { IsKnown: true, Inject: null })
            return Decision.Skip(SkipReason.NotOptedIn);

        // 3
        SkipReason? reason = SkipRules.ByPlace(pod, _selection) ?? ByPolicy(pod, @namespace, warnings);
        if (reason is null && wish is null
            && !Canary.IsIn(
                pod, @namespace, ofNamespace.Annotations.Percent ?? _selection.Percent, _selection.PercentSeedLabel))
            reason = SkipReason.Canary;
        if (reason is { } because)
        {
            // Whoever asked by name is told why not; for all others a skip is what they expect.
            if (because != SkipReason.AlreadyConfigured && (wish == true || !annotations.IsEmpty))
                warnings.Add($"not injected ({because.Name()}): {because.Explain()}");
            return Decision.Skip(because);
        }

        // 4
        if (OwnProblem(pod.DnsConfig) is { } own)
            return Decision.Skip(SkipReason.PodInvalid, own);
        var plan = new DnsComposer(_model, warnings).Compose(pod, @namespace, ofNamespace.Annotations, annotations);
        // 5
        if (ResultProblem(plan) is { } problem)
            return Decision.Skip(SkipReason.ResultInvalid, problem);
        if (_model.LocalAddresses.Count > 0 && cache is CacheState.Silent or CacheState.Unknown)
        {
            if (plan.Fallback == Fallback.None)
                return Decision.Skip(SkipReason.CacheSilent);
            if (cache == CacheState.Silent)
                warnings.Add(
                    $"the node cache {_model.LocalAddresses[0]} does not answer now; names are resolved by cluster DNS");
        }
        return Decision.Inject(plan, pod);
    }

    /// <summary>What the pod itself asks for: its label, the compatible label, its annotation, in this order.</summary>
    private bool? Wish(PodView pod, DnsAnnotations annotations, Warnings warnings)
    {
        if (Read("nodedns.io/inject") is { } wish)
            return wish;
        if (_selection.CompatLabel && Read("node-local-dns-injection") is { } compat)
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
                return pod.HostNetwork && !_selection.InjectHostNetwork ? SkipReason.HostNetworkOff : null;
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
        var server = pod.DnsConfig.Member("nameservers"u8).First;
        bool injectedBefore = pod.Annotation("nodedns.io/status"u8) is not null;
        if (server.IsAbsent)
            return injectedBefore ? null : SkipReason.PolicyNone;
        if (_model.LocalAddresses.Count == 0 || server.AsText != _model.LocalAddresses[0])
            return SkipReason.PolicyNone;
        if (injectedBefore && _model.ClusterDomain.Length > 0
            && pod.DnsConfig.Member("searches"u8).First.AsText is { } first
            && first.EndsWith(".svc." + _model.ClusterDomain, StringComparison.Ordinal)
            && first != $"{@namespace}.svc.{_model.ClusterDomain}")
        {
            warnings.Add(
                $"dnsConfig is a copy from another namespace: it searches {Warnings.Quote(first)}, "
                + $"the pod is in {@namespace}");
        }
        return SkipReason.AlreadyConfigured;
    }

    /// <summary>A dnsConfig that the API server rejects as it stands is left to it: its message names the pod's own
    /// mistake, and ours would hide it.</summary>
    private string? OwnProblem(JsonElement dnsConfig)
    {
        if (dnsConfig.IsAbsent)
            return null;
        var options = new List<ResolverOption>();
        foreach (var option in dnsConfig.Member("options"u8).Items)
            options.Add(new ResolverOption(option.Text("name"u8) ?? "", null));
        return _model.Limits.Problem(Strings("nameservers"u8), Strings("searches"u8), options);

        List<string> Strings(ReadOnlySpan<byte> name)
        {
            var strings = new List<string>();
            foreach (var item in dnsConfig.Member(name).Items)
                strings.Add(item.AsText!);
            return strings;
        }
    }

    private string? ResultProblem(DnsPlan plan) =>
        plan.Nameservers.Count == 0
            ? "no nameserver is left"
            : _model.Limits.Problem(plan.Nameservers, plan.Searches, plan.Options);
}

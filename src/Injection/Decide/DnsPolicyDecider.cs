using System.Text.Json;
using NodeDns.Addresses;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>Decides what happens to a pod:
/// <code>
/// 1 is a pod being created → 2 is it selected → 3 can it work → 4 compose → 5 would the API server accept it
/// </code></summary>
public sealed class DnsPolicyDecider(InjectionSettings settings)
{
    private readonly DnsModel _model = settings.Dns;
    private readonly SelectionModel _selection = settings.Selection;

    /// <param name="request">The request from the API server. Its document has to live as long as the decision.</param>
    /// <param name="namespaces">Returns the settings of a namespace.</param>
    /// <param name="cache">Whether the node cache answers.</param>
    /// <param name="warnings">Receives what the pod's author should know.</param>
    public Decision Decide(
        in AdmissionRequest request, Func<string, NamespaceSettings> namespaces, CacheState cache, Warnings warnings)
    {
        // Step 1
        if (!request.IsPod)
        {
            return Decision.Skip(SkipReason.NotAPod);
        }

        if (request.IsSubresource)
        {
            return Decision.Skip(SkipReason.Subresource);
        }

        if (!request.IsCreate)
        {
            return Decision.Skip(SkipReason.NotCreate);
        }

        if (request.Namespace is not { Length: > 0 } @namespace)
        {
            return Decision.Skip(SkipReason.NoNamespace);
        }

        return Decide(request.Object, @namespace, namespaces(@namespace), cache, warnings);
    }

    /// <param name="object">A pod as its author wrote it, or as the API server has stored it.</param>
    /// <param name="namespace">The namespace that the pod will be in.</param>
    /// <param name="ofNamespace">The settings of that namespace.</param>
    /// <param name="cache">Whether the node cache answers.</param>
    /// <param name="warnings">Receives what the pod's author should know.</param>
    public Decision Decide(
        JsonElement @object, string @namespace, NamespaceSettings ofNamespace, CacheState cache, Warnings warnings)
    {
        if (PodView.TryRead(@object, out var pod) is { } unreadable)
        {
            return Decision.Skip(SkipReason.Unreadable, unreadable);
        }

        if (_selection.ExcludedNamespaces.Contains(@namespace))
        {
            return Decision.Skip(SkipReason.NamespaceExcluded);
        }

        // Step 2
        var annotations = DnsAnnotations.Read(pod.Annotations, _model, onNamespace: false, warnings);
        var wish = Wish(pod, annotations, warnings);
        var earlier = InjectionStatus.Before(pod, _model.Limits);
        if (BySelection(wish, ofNamespace) is { } unselected)
        {
            return Leave(pod, earlier, unselected);
        }

        // Step 3
        var reason = SkipRules.ByPlace(pod, _selection)
            ?? ByPolicy(earlier?.EffectivePolicy ?? pod.DnsPolicy, pod)
            ?? ByShare(wish, pod, @namespace, ofNamespace)
            ?? (pod.DnsPolicy == "None" ? ByOwnServers(pod, @namespace, warnings) : null);
        var fallback = annotations.Fallback ?? ofNamespace.Annotations.Fallback ?? _model.Fallback;
        var silent = _model.LocalAddresses.Count > 0 && cache is CacheState.Silent or CacheState.Unknown;
        var ours = reason is null || (earlier is not null && reason == SkipReason.AlreadyConfigured);
        if (ours && silent && fallback == Fallback.None)
        {
            return Leave(pod, earlier, SkipReason.CacheSilent);
        }

        if (reason is { } because)
        {
            // Whoever asked for injection is told why it did not happen. For everybody else, a skip is what they
            // expect.
            if (because != SkipReason.AlreadyConfigured && (wish == true || !annotations.IsEmpty))
            {
                warnings.Add($"not injected ({because.Name()}): {because.Explain()}");
            }

            return Leave(pod, earlier, because);
        }

        // Step 4. If the API server rejects the pod's own dnsConfig, leave it alone: its error message then names the
        // pod's mistake, which our changes would hide.
        if (_model.Limits.Problem(pod.DnsConfig) is { } own)
        {
            return Decision.Skip(SkipReason.PodInvalid, own);
        }

        var plan = new DnsComposer(_model, warnings)
            .Compose(pod, @namespace, ofNamespace.Annotations, annotations, fallback);
        // Step 5
        if (ResultProblem(plan) is { } problem)
        {
            return Decision.Skip(SkipReason.ResultInvalid, problem);
        }

        if (cache == CacheState.Silent && silent)
        {
            warnings.Add(
                $"the node cache {_model.LocalAddresses[0]} does not answer now; names are resolved by cluster DNS");
        }
        // If an earlier version of the webhook has changed the pod without a record, the original settings are unknown.
        var before = pod.DnsPolicy == "None" ? earlier : OriginalDns.Of(pod);
        return Decision.Inject(plan with { Status = InjectionStatus.Format(plan, before, pod) }, pod);
    }

    /// <summary>Leaves the pod as it is. But if an earlier call has injected it, and only later something happened that
    /// forbids that, the pod gets its original settings back. A dnsConfig that is still right, or no longer ours,
    /// stays.</summary>
    private static Decision Leave(PodView pod, OriginalDns? earlier, SkipReason reason) =>
        earlier is { } original && reason is not (SkipReason.AlreadyConfigured or SkipReason.PolicyNone)
            ? Decision.Undo(original, pod, reason)
            : Decision.Skip(reason);

    private SkipReason? BySelection(bool? wish, NamespaceSettings ofNamespace)
    {
        if (wish is { } said)
        {
            return said ? null : SkipReason.PodOptedOut;
        }

        if (ofNamespace.Inject == false)
        {
            return SkipReason.NamespaceOptedOut;
        }
        // If the namespace is not known, the webhook configuration's selector has already decided.
        return _selection.Mode == SelectionMode.OptIn && ofNamespace is { IsKnown: true, Inject: null }
            ? SkipReason.NotOptedIn
            : null;
    }

    /// <summary>What the pod itself asks for: its label, else the compatible label, else its annotation.</summary>
    private bool? Wish(PodView pod, DnsAnnotations annotations, Warnings warnings)
    {
        if (Read("nodedns.io/inject") is { } wish)
        {
            return wish;
        }

        if (_selection.CompatLabel && Read("node-local-dns-injection") is { } compat)
        {
            return compat;
        }

        return annotations.Inject;

        bool? Read(string label)
        {
            var value = label == "nodedns.io/inject"
                ? pod.Label("nodedns.io/inject"u8)
                : pod.Label("node-local-dns-injection"u8);
            var read = DnsAnnotations.InjectValue(value);
            if (value is not null && read is null)
            {
                warnings.Add($"label {label}: {Warnings.Quote(value)} ignored: expected enabled or disabled");
            }

            return read;
        }
    }

    /// <param name="policy">The pod's policy, or the one it had before an earlier call.</param>
    /// <param name="pod">The pod.</param>
    private SkipReason? ByPolicy(string policy, PodView pod) => policy switch
    {
        "ClusterFirst" => pod.HostNetwork ? SkipReason.HostNetwork : null,
        "ClusterFirstWithHostNet" => pod.HostNetwork && !_selection.InjectHostNetwork ? SkipReason.HostNetworkOff : null,
        "Default" => SkipReason.PolicyDefault,
        "None" => null,
        _ => SkipReason.PolicyInvalid,
    };

    private SkipReason? ByShare(bool? wish, PodView pod, string @namespace, NamespaceSettings ofNamespace) =>
        wish is null
        && !Canary.IsIn(
            pod, @namespace, ofNamespace.Annotations.Percent ?? _selection.Percent, _selection.PercentSeedLabel, _selection.Engine)
            ? SkipReason.Canary
            : null;

    /// <summary>Checks dnsPolicy None, which is either the pod's own or ours from an earlier call. Then it is complete,
    /// unless another webhook has emptied the nameservers since, which the API server would reject.</summary>
    private SkipReason? ByOwnServers(PodView pod, string @namespace, Warnings warnings)
    {
        var server = pod.DnsConfig.Member("nameservers"u8).First;
        var injectedBefore = pod.Annotation("nodedns.io/status"u8) is not null;
        if (server.IsAbsent)
        {
            return injectedBefore ? null : SkipReason.PolicyNone;
        }

        if (_model.LocalAddresses.Count == 0 || !AddressText.AreSame(server.AsText, _model.LocalAddresses[0]))
        {
            return SkipReason.PolicyNone;
        }

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

    private string? ResultProblem(DnsPlan plan) =>
        plan.Nameservers.Count == 0
            ? "no nameserver is left"
            : _model.Limits.Problem(plan.Nameservers, plan.Searches, plan.Options);
}

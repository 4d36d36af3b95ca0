namespace NodeDns.Cli.Cluster;

/// <summary>The API path of a kind of objects, of one object, or of a part of one. An empty group is the core
/// group.</summary>
/// <param name="Group">Such as <c>apps</c>.</param>
/// <param name="Version">Such as <c>v1</c>.</param>
/// <param name="Resource">The plural, such as <c>deployments</c>.</param>
internal sealed record ApiPath(string Group, string Version, string Resource)
{
    public static readonly ApiPath Pods = new("", "v1", "pods");
    public static readonly ApiPath Nodes = new("", "v1", "nodes");
    public static readonly ApiPath Namespaces = new("", "v1", "namespaces");
    public static readonly ApiPath Services = new("", "v1", "services");
    public static readonly ApiPath ConfigMaps = new("", "v1", "configmaps");
    public static readonly ApiPath Events = new("", "v1", "events");
    public static readonly ApiPath ResourceQuotas = new("", "v1", "resourcequotas");
    public static readonly ApiPath EndpointSlices = new("discovery.k8s.io", "v1", "endpointslices");
    public static readonly ApiPath Deployments = new("apps", "v1", "deployments");
    public static readonly ApiPath StatefulSets = new("apps", "v1", "statefulsets");
    public static readonly ApiPath DaemonSets = new("apps", "v1", "daemonsets");
    public static readonly ApiPath ReplicaSets = new("apps", "v1", "replicasets");
    public static readonly ApiPath Jobs = new("batch", "v1", "jobs");
    public static readonly ApiPath Rollouts = new("argoproj.io", "v1alpha1", "rollouts");
    public static readonly ApiPath NetworkPolicies = new("networking.k8s.io", "v1", "networkpolicies");
    public static readonly ApiPath MutatingWebhooks =
        new("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations");
    public static readonly ApiPath Definitions = new("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    public static readonly ApiPath Reviews = new("authorization.k8s.io", "v1", "selfsubjectaccessreviews");

    /// <summary>null for objects of the cluster, or for all namespaces.</summary>
    public string? Namespace { get; private init; }

    /// <summary>null for the list.</summary>
    public string? Name { get; private init; }

    public string? Subresource { get; private init; }

    /// <summary>The query part, which does not matter for rights.</summary>
    public string Query { get; private init; } = "";

    public ApiPath In(string? @namespace) => this with { Namespace = @namespace };

    public ApiPath Named(string name, string? subresource = null) => this with { Name = name, Subresource = subresource };

    /// <param name="query">Parts such as <c>limit=500</c>; empty ones are left out.</param>
    public ApiPath With(params string[] query) =>
        this with { Query = string.Join('&', query.Prepend(Query).Where(piece => piece.Length > 0)) };

    /// <summary>The name that <c>kubectl</c> uses: <c>deployments.apps</c>, <c>pods/portforward</c>.</summary>
    public string Shown =>
        (Group.Length == 0 ? Resource : $"{Resource}.{Group}") + (Subresource is null ? "" : "/" + Subresource);

    public override string ToString() =>
        (Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}")
        + (Namespace is null ? "" : $"/namespaces/{Uri.EscapeDataString(Namespace)}")
        + "/" + Resource
        + (Name is null ? "" : "/" + Uri.EscapeDataString(Name))
        + (Subresource is null ? "" : "/" + Subresource)
        + (Query.Length == 0 ? "" : "?" + Query);
}

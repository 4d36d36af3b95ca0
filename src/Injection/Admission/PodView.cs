using System.Text.Json;

namespace NodeDns.Injection.Admission;

/// <summary>The raw pod, read only at the paths that a decision needs. Shapes are checked once, when the view is made,
/// so that no accessor can fail.</summary>
public readonly struct PodView
{
    private readonly JsonView _metadata;

    private PodView(JsonView metadata, JsonView spec)
    {
        _metadata = metadata;
        Spec = spec;
        Labels = metadata.Member("labels"u8);
        Annotations = metadata.Member("annotations"u8);
        DnsConfig = spec.Member("dnsConfig"u8);
    }

    public JsonView Spec { get; }

    /// <summary>An object, or absent.</summary>
    public JsonView Labels { get; }

    /// <summary>An object, or absent.</summary>
    public JsonView Annotations { get; }

    /// <summary>An object, or absent.</summary>
    public JsonView DnsConfig { get; }

    public bool HasMetadata => !_metadata.IsAbsent;

    public string? Name => _metadata.Text("name"u8) ?? _metadata.Text("generateName"u8);

    /// <summary>Absent counts as ClusterFirst, the API server's default.</summary>
    public string DnsPolicy => Spec.Text("dnsPolicy"u8) is { Length: > 0 } policy ? policy : "ClusterFirst";

    public bool HostNetwork => Spec.Member("hostNetwork"u8).IsTrue;

    /// <summary>The ownerReference with <c>controller: true</c>, else the first; an object, or absent.</summary>
    public JsonView Owner
    {
        get
        {
            JsonView owners = _metadata.Member("ownerReferences"u8);
            if (!owners.IsArray)
                return default;
            foreach (JsonView owner in owners.Children)
            {
                if (owner.Member("controller"u8).IsTrue)
                    return owner;
            }
            return owners.Children.First;
        }
    }

    public string? Label(ReadOnlySpan<byte> name) => Labels.Text(name);

    public string? Annotation(ReadOnlySpan<byte> name) => Annotations.Text(name);

    /// <returns>null, or the path that does not have the shape of a pod's, and what was expected.</returns>
    public static string? TryRead(JsonView pod, out PodView view)
    {
        view = default;
        if (!pod.IsObject)
            return "object: expected a pod";
        JsonView metadata = pod.Member("metadata"u8);
        if (!metadata.IsAbsentOr(JsonValueKind.Object))
            return "metadata: expected an object";
        if (!IsTextMap(metadata.Member("labels"u8)))
            return "metadata.labels: expected a map of strings";
        if (!IsTextMap(metadata.Member("annotations"u8)))
            return "metadata.annotations: expected a map of strings";
        JsonView spec = pod.Member("spec"u8);
        if (!spec.IsObject)
            return "spec: expected an object";
        if (!spec.Member("dnsPolicy"u8).IsAbsentOr(JsonValueKind.String))
            return "spec.dnsPolicy: expected a string";
        if (spec.Member("hostNetwork"u8) is { IsAbsent: false, Kind: not (JsonValueKind.True or JsonValueKind.False) })
            return "spec.hostNetwork: expected true or false";
        if (DnsConfigProblem(spec.Member("dnsConfig"u8)) is { } problem)
            return problem;
        view = new PodView(metadata, spec);
        return null;
    }

    private static string? DnsConfigProblem(JsonView dnsConfig)
    {
        if (!dnsConfig.IsAbsentOr(JsonValueKind.Object))
            return "spec.dnsConfig: expected an object";
        if (!IsListOf(dnsConfig.Member("nameservers"u8), JsonValueKind.String))
            return "spec.dnsConfig.nameservers: expected a list of strings";
        if (!IsListOf(dnsConfig.Member("searches"u8), JsonValueKind.String))
            return "spec.dnsConfig.searches: expected a list of strings";
        JsonView options = dnsConfig.Member("options"u8);
        if (!IsListOf(options, JsonValueKind.Object))
            return "spec.dnsConfig.options: expected a list of objects";
        foreach (JsonView option in options.Children)
        {
            if (!option.Member("name"u8).IsAbsentOr(JsonValueKind.String)
                || !option.Member("value"u8).IsAbsentOr(JsonValueKind.String))
                return "spec.dnsConfig.options: expected strings for name and value";
        }
        return null;
    }

    private static bool IsListOf(JsonView list, JsonValueKind kind)
    {
        if (!list.IsAbsentOr(JsonValueKind.Array))
            return false;
        foreach (JsonView item in list.Children)
        {
            if (item.Kind != kind)
                return false;
        }
        return true;
    }

    private static bool IsTextMap(JsonView map)
    {
        if (!map.IsAbsentOr(JsonValueKind.Object))
            return false;
        foreach (JsonView item in map.Children)
        {
            if (item.Kind is not (JsonValueKind.String or JsonValueKind.Null))
                return false;
        }
        return true;
    }
}

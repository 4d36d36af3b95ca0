using System.Text.Json;

namespace NodeDns.Injection.Admission;

/// <summary>Reads a raw pod at the paths that a decision needs. The shape is checked once, on creation, so that no
/// accessor can fail.</summary>
public readonly struct PodView
{
    private readonly JsonElement _metadata;

    private PodView(JsonElement metadata, JsonElement spec)
    {
        _metadata = metadata;
        Spec = spec;
        Labels = metadata.Member("labels"u8);
        Annotations = metadata.Member("annotations"u8);
        DnsConfig = spec.Member("dnsConfig"u8);
    }

    public JsonElement Spec { get; }

    /// <summary>An object, or absent.</summary>
    public JsonElement Labels { get; }

    /// <summary>An object, or absent.</summary>
    public JsonElement Annotations { get; }

    /// <summary>An object, or absent.</summary>
    public JsonElement DnsConfig { get; }

    public bool HasMetadata => !_metadata.IsAbsent;

    public string? Name => _metadata.Text("name"u8) ?? _metadata.Text("generateName"u8);

    /// <summary>The pod's dnsPolicy; ClusterFirst, the API server's default, when it is absent.</summary>
    public string DnsPolicy => Spec.Text("dnsPolicy"u8) is { Length: > 0 } policy ? policy : "ClusterFirst";

    public bool HostNetwork => Spec.Member("hostNetwork"u8).IsTrue;

    /// <summary>The ownerReference with <c>controller: true</c>, else the first one. An object, or absent.</summary>
    public JsonElement Owner
    {
        get
        {
            var owners = _metadata.Member("ownerReferences"u8);
            foreach (var owner in owners.Items)
            {
                if (owner.Member("controller"u8).IsTrue)
                {
                    return owner;
                }
            }
            return owners.First;
        }
    }

    public string? Label(ReadOnlySpan<byte> name) => Labels.Text(name);

    public string? Annotation(ReadOnlySpan<byte> name) => Annotations.Text(name);

    /// <returns>null on success; otherwise the path that does not have the expected shape, and what was
    /// expected.</returns>
    public static string? TryRead(JsonElement pod, out PodView view)
    {
        view = default;
        if (!pod.IsObject)
        {
            return "object: expected a pod";
        }

        var metadata = pod.Member("metadata"u8);
        if (!metadata.IsAbsentOr(JsonValueKind.Object))
        {
            return "metadata: expected an object";
        }

        if (!IsTextMap(metadata.Member("labels"u8)))
        {
            return "metadata.labels: expected a map of strings";
        }

        if (!IsTextMap(metadata.Member("annotations"u8)))
        {
            return "metadata.annotations: expected a map of strings";
        }

        var spec = pod.Member("spec"u8);
        if (!spec.IsObject)
        {
            return "spec: expected an object";
        }

        if (spec.Member("hostNetwork"u8).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.True or JsonValueKind.False))
        {
            return "spec.hostNetwork: expected true or false";
        }

        if (DnsProblem(spec) is { } problem)
        {
            return problem;
        }

        view = new PodView(metadata, spec);
        return null;
    }

    /// <summary>What is wrong with the shape of dnsPolicy or dnsConfig in a pod's spec; null when nothing is.</summary>
    internal static string? DnsProblem(JsonElement spec)
    {
        if (!spec.Member("dnsPolicy"u8).IsAbsentOr(JsonValueKind.String))
        {
            return "spec.dnsPolicy: expected a string";
        }

        var dnsConfig = spec.Member("dnsConfig"u8);
        if (!dnsConfig.IsAbsentOr(JsonValueKind.Object))
        {
            return "spec.dnsConfig: expected an object";
        }

        if (!IsListOf(dnsConfig.Member("nameservers"u8), JsonValueKind.String))
        {
            return "spec.dnsConfig.nameservers: expected a list of strings";
        }

        if (!IsListOf(dnsConfig.Member("searches"u8), JsonValueKind.String))
        {
            return "spec.dnsConfig.searches: expected a list of strings";
        }

        var options = dnsConfig.Member("options"u8);
        if (!IsListOf(options, JsonValueKind.Object))
        {
            return "spec.dnsConfig.options: expected a list of objects";
        }

        foreach (var option in options.Items)
        {
            if (!option.Member("name"u8).IsAbsentOr(JsonValueKind.String)
                || !option.Member("value"u8).IsAbsentOr(JsonValueKind.String))
            {
                return "spec.dnsConfig.options: expected strings for name and value";
            }
        }
        return null;
    }

    private static bool IsListOf(JsonElement list, JsonValueKind kind)
    {
        if (!list.IsAbsentOr(JsonValueKind.Array))
        {
            return false;
        }

        foreach (var item in list.Items)
        {
            if (item.ValueKind != kind)
            {
                return false;
            }
        }
        return true;
    }

    private static bool IsTextMap(JsonElement map)
    {
        if (!map.IsAbsentOr(JsonValueKind.Object))
        {
            return false;
        }

        foreach (var item in map.Members)
        {
            if (item.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            {
                return false;
            }
        }
        return true;
    }
}

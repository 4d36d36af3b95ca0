using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>What a namespace says about the injection of its pods.</summary>
public sealed class NamespaceSettings
{
    /// <summary>The settings of a namespace that is not known yet, and of all namespaces when they are not
    /// watched.</summary>
    public static readonly NamespaceSettings Unknown = new(DnsAnnotations.None, null);

    // Almost all namespaces set at most the label. They share these objects, so that 10,000 of them cost only their
    // names.
    private static readonly NamespaceSettings s_silent = new(DnsAnnotations.None, null);
    private static readonly NamespaceSettings s_enabled = new(DnsAnnotations.None, true);
    private static readonly NamespaceSettings s_disabled = new(DnsAnnotations.None, false);

    private NamespaceSettings(DnsAnnotations annotations, bool? inject)
    {
        Annotations = annotations;
        Inject = inject;
    }

    /// <summary>From the label, else from the annotation: true for enabled, false for disabled, null when not
    /// set.</summary>
    public bool? Inject { get; }

    public bool IsKnown => !ReferenceEquals(this, Unknown);

    internal DnsAnnotations Annotations { get; }

    /// <param name="metadata">The metadata of the namespace. If it has another shape, nothing is set.</param>
    /// <param name="settings">Which options annotations may set, and which labels are understood.</param>
    /// <param name="warnings">Receives one line for each annotation that is ignored.</param>
    public static NamespaceSettings Read(JsonElement metadata, InjectionSettings settings, Warnings warnings)
    {
        var annotations = DnsAnnotations.Read(
            metadata.Member("annotations"u8), settings.Dns, onNamespace: true, warnings);
        var labels = metadata.Member("labels"u8);
        var inject = DnsAnnotations.InjectValue(labels.Text("nodedns.io/inject"u8))
            ?? (settings.Selection.CompatLabel
                ? DnsAnnotations.InjectValue(labels.Text("node-local-dns-injection"u8)) : null)
            ?? annotations.Inject;
        if (!annotations.IsEmpty)
        {
            return new NamespaceSettings(annotations, inject);
        }

        return inject switch
        {
            true => s_enabled,
            false => s_disabled,
            null => s_silent,
        };
    }
}

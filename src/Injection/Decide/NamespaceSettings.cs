using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>What a namespace says about its pods.</summary>
public sealed class NamespaceSettings
{
    /// <summary>Of every namespace when nobody looks at them, and of one that is not known yet.</summary>
    public static readonly NamespaceSettings Unknown = new(DnsAnnotations.None, null);

    // Almost every namespace says nothing but its label: they share these, so that 10,000 of them cost 10,000 names.
    private static readonly NamespaceSettings s_silent = new(DnsAnnotations.None, null);
    private static readonly NamespaceSettings s_enabled = new(DnsAnnotations.None, true);
    private static readonly NamespaceSettings s_disabled = new(DnsAnnotations.None, false);

    private NamespaceSettings(DnsAnnotations annotations, bool? inject)
    {
        Annotations = annotations;
        Inject = inject;
    }

    /// <summary>By label, else by annotation: true enabled, false disabled, null not said.</summary>
    public bool? Inject { get; }

    public bool IsKnown => !ReferenceEquals(this, Unknown);

    internal DnsAnnotations Annotations { get; }

    /// <param name="metadata">The namespace's, as the API server writes it; of another shape it says nothing.</param>
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

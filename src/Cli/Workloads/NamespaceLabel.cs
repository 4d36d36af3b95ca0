using System.Buffers;
using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Workloads;

/// <summary>What a namespace says about injection, by its label.</summary>
internal static class NamespaceLabel
{
    public const string Name = "nodedns.io/inject";

    /// <param name="namespace">The object as the API server has stored it.</param>
    /// <param name="asIf">true: as if it were labelled; false: as if it had opted out; null: as it is.</param>
    /// <param name="deployed">The release's settings.</param>
    public static NamespaceSettings Read(JsonElement @namespace, bool? asIf, Deployed deployed)
    {
        var metadata = @namespace.Member("metadata"u8);
        if (asIf is null && deployed.ReadsNamespaces)
        {
            return NamespaceSettings.Read(metadata, deployed.Settings, new Warnings());
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("labels"u8);
            foreach (var label in metadata.Member("labels"u8).Members)
            {
                if (asIf is null || label.Name != Name)
                {
                    label.WriteTo(writer);
                }
            }

            if (asIf is { } labelled)
            {
                writer.WriteString(Name, labelled ? "enabled" : "disabled");
            }

            writer.WriteEndObject();
            if (deployed.ReadsNamespaces && metadata.Member("annotations"u8) is { IsObject: true } annotations)
            {
                writer.WritePropertyName("annotations"u8);
                annotations.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        using var changed = JsonDocument.Parse(buffer.WrittenMemory);
        return NamespaceSettings.Read(changed.RootElement, deployed.Settings, new Warnings());
    }

    /// <summary>Whether a namespace without the label would be left alone.</summary>
    public static async Task<bool> IsOutWithoutAsync(ApiClient api, string @namespace, Deployed deployed, CancellationToken cancel)
    {
        using var found = await api.FindAsync(ApiPath.Namespaces.Named(@namespace), cancel);
        var metadata = (found?.RootElement ?? default).Member("metadata"u8);
        var selection = deployed.Settings.Selection;
        return selection.Mode == SelectionMode.OptIn
            && !(selection.CompatLabel && metadata.Member("labels"u8).Says("node-local-dns-injection"u8, "enabled"u8))
            && !(deployed.ReadsNamespaces && metadata.Member("annotations"u8).Says("nodedns.io/inject"u8, "enabled"u8));
    }

    /// <summary>True when the namespace asks for injection, by our label or another one that is understood.</summary>
    public static bool IsIn(NamespaceSettings settings, InjectionSettings all) =>
        settings.Inject == true || (settings.Inject is null && all.Selection.Mode == SelectionMode.OptOut) || !settings.IsKnown;
}

using System.Text.Json;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;

namespace NodeDns.Injection.Patch;

/// <summary>Writes the JSON Patch (RFC 6902) for a decision. It only changes <c>/spec/dnsPolicy</c>,
/// <c>/spec/dnsConfig</c> and our own annotation.</summary>
/// <remarks>An injection only uses <c>add</c>, which replaces a member that exists (section 4.1). Undoing removes what
/// the pod did not have before. Such a <c>remove</c> cannot fail, because the API server applies the patch to the same
/// object that it has sent.</remarks>
public static class DnsConfigPatch
{
    /// <summary>Writes nothing for a skipped pod.</summary>
    public static void Write(Utf8JsonWriter writer, Decision decision)
    {
        if (decision.Plan is { } plan)
        {
            WritePlan(writer, plan, decision.Pod);
        }
        else if (decision.Original is { } original)
        {
            WriteOriginal(writer, original, decision.Pod);
        }
    }

    private static void WritePlan(Utf8JsonWriter writer, DnsPlan plan, PodView pod)
    {
        writer.WriteStartArray();
        WriteOperation(writer, "/spec/dnsPolicy"u8);
        writer.WriteStringValue("None"u8);
        writer.WriteEndObject();
        WriteOperation(writer, "/spec/dnsConfig"u8);
        WriteDnsConfig(writer, plan, pod.DnsConfig);
        writer.WriteEndObject();
        if (pod.HasMetadata && plan.Status is { } status)
        {
            WriteStatus(writer, status, pod);
        }

        writer.WriteEndArray();
    }

    private static void WriteOriginal(Utf8JsonWriter writer, OriginalDns original, PodView pod)
    {
        writer.WriteStartArray();
        if (original.DnsPolicy is { } policy)
        {
            WriteOperation(writer, "/spec/dnsPolicy"u8);
            writer.WriteStringValue(policy);
            writer.WriteEndObject();
        }
        else
        {
            WriteRemoval(writer, "/spec/dnsPolicy"u8);
        }
        if (!original.DnsConfig.IsAbsent)
        {
            WriteOperation(writer, "/spec/dnsConfig"u8);
            original.DnsConfig.WriteTo(writer);
            writer.WriteEndObject();
        }
        else if (!pod.DnsConfig.IsAbsent)
        {
            WriteRemoval(writer, "/spec/dnsConfig"u8);
        }
        // If our annotation is the only one, the map is ours too.
        WriteRemoval(
            writer,
            pod.Annotations.Members.Count() == 1
                ? "/metadata/annotations"u8
                : "/metadata/annotations/nodedns.io~1status"u8);
        writer.WriteEndArray();
    }

    private static void WriteRemoval(Utf8JsonWriter writer, ReadOnlySpan<byte> path)
    {
        writer.WriteStartObject();
        writer.WriteString("op"u8, "remove"u8);
        writer.WriteString("path"u8, path);
        writer.WriteEndObject();
    }

    private static void WriteOperation(Utf8JsonWriter writer, ReadOnlySpan<byte> path)
    {
        writer.WriteStartObject();
        writer.WriteString("op"u8, "add"u8);
        writer.WriteString("path"u8, path);
        writer.WritePropertyName("value"u8);
    }

    private static void WriteDnsConfig(Utf8JsonWriter writer, DnsPlan plan, JsonElement own)
    {
        writer.WriteStartObject();
        WriteStrings(writer, "nameservers"u8, plan.Nameservers);
        if (plan.Searches.Count > 0)
        {
            WriteStrings(writer, "searches"u8, plan.Searches);
        }

        writer.WriteStartArray("options"u8);
        foreach (var option in plan.Options)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, option.Name);
            if (option.Value is not null)
            {
                writer.WriteString("value"u8, option.Value);
            }

            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        WriteUnknownMembers(writer, own);
        writer.WriteEndObject();
    }

    /// <summary>Copies members of the pod's dnsConfig that are not known here, which a newer Kubernetes may have
    /// added.</summary>
    private static void WriteUnknownMembers(Utf8JsonWriter writer, JsonElement own)
    {
        foreach (var member in own.Members)
        {
            if (member.NameEquals("nameservers"u8) || member.NameEquals("searches"u8) || member.NameEquals("options"u8))
            {
                continue;
            }

            writer.WritePropertyName(member.Name);
            writer.WriteRawValue(member.Value.Raw, skipInputValidation: true);
        }
    }

    /// <summary>Adds the annotation, and the map too if the pod has no annotations.</summary>
    private static void WriteStatus(Utf8JsonWriter writer, string status, PodView pod)
    {
        if (!pod.Annotations.IsAbsent)
        {
            WriteOperation(writer, "/metadata/annotations/nodedns.io~1status"u8);
            writer.WriteStringValue(status);
        }
        else
        {
            WriteOperation(writer, "/metadata/annotations"u8);
            writer.WriteStartObject();
            writer.WriteString(DnsAnnotations.Status, status);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}

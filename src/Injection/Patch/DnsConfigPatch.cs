using System.Text.Json;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;

namespace NodeDns.Injection.Patch;

/// <summary>The JSON Patch (RFC 6902) for a plan: only <c>add</c>, only at <c>/spec/dnsPolicy</c>,
/// <c>/spec/dnsConfig</c> and our own annotation.</summary>
/// <remarks><c>add</c> at an object's member replaces what is there (section 4.1), so it never fails on a pod that
/// another webhook has changed in between; <c>test</c>, <c>replace</c> and <c>remove</c> would, and would reject it.
/// </remarks>
public static class DnsConfigPatch
{
    public static void Write(Utf8JsonWriter writer, DnsPlan plan, PodView pod)
    {
        writer.WriteStartArray();
        WriteOperation(writer, "/spec/dnsPolicy"u8);
        writer.WriteStringValue("None"u8);
        writer.WriteEndObject();
        WriteOperation(writer, "/spec/dnsConfig"u8);
        WriteDnsConfig(writer, plan, pod.DnsConfig);
        writer.WriteEndObject();
        if (pod.HasMetadata)
            WriteStatus(writer, plan, pod);
        writer.WriteEndArray();
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
            WriteStrings(writer, "searches"u8, plan.Searches);
        writer.WriteStartArray("options"u8);
        foreach (ResolverOption option in plan.Options)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, option.Name);
            if (option.Value is not null)
                writer.WriteString("value"u8, option.Value);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        WriteUnknownMembers(writer, own);
        writer.WriteEndObject();
    }

    /// <summary>Members of the pod's dnsConfig that a newer Kubernetes may have added, byte for byte.</summary>
    private static void WriteUnknownMembers(Utf8JsonWriter writer, JsonElement own)
    {
        foreach (var member in own.Members)
        {
            if (member.NameEquals("nameservers"u8) || member.NameEquals("searches"u8) || member.NameEquals("options"u8))
                continue;
            writer.WritePropertyName(member.Name);
            writer.WriteRawValue(member.Value.Raw, skipInputValidation: true);
        }
    }

    /// <summary>The annotation alone where the pod has annotations, else the map with it.</summary>
    private static void WriteStatus(Utf8JsonWriter writer, DnsPlan plan, PodView pod)
    {
        string status = InjectionStatus.Format(plan);
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
        foreach (string value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }
}

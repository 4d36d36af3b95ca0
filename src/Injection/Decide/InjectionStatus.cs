using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using NodeDns.Addresses;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>The value of <c>nodedns.io/status</c>: one line for people and <c>grep</c>. At its end it contains the
/// pod's original DNS settings as JSON, so that a later call can restore them.</summary>
public static class InjectionStatus
{
    /// <summary>The API server's limit for the names and values of all annotations together.</summary>
    private const int MaxAnnotationBytes = 256 * 1024;

    private const string Nameservers = ": nameservers ";

    private const string Was = "; was ";

    private static readonly JsonWriterOptions s_write = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The version of this program.</summary>
    public static readonly string Version =
        typeof(InjectionStatus).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
            .InformationalVersion.Split('+')[0] ?? "unknown";

    /// <param name="plan">The plan that the annotation belongs to.</param>
    /// <param name="before">The pod's settings before this webhook; null when they are unknown.</param>
    /// <param name="pod">The pod that gets the annotation.</param>
    /// <returns>null when the pod's annotations leave no room for it. If there is room for a part only, the original
    /// settings are left out.</returns>
    internal static string? Format(DnsPlan plan, OriginalDns? before, PodView pod)
    {
        var line = $"injected by node-dns-webhook/{Version}{Nameservers}{string.Join(',', plan.Nameservers)}; "
            + $"fallback {plan.Fallback.Name()}; options {string.Join(',', plan.Options)}";
        var room = MaxAnnotationBytes - pod.Annotations.Raw.Length - DnsAnnotations.Status.Length;
        var full = before is { } original ? line + Was + Write(original) : line;
        if (Encoding.UTF8.GetByteCount(full) <= room)
        {
            return full;
        }

        return Encoding.UTF8.GetByteCount(line) <= room ? line : null;
    }

    /// <summary>The pod's DNS settings before an earlier call changed them.</summary>
    /// <returns>null when there was no such call, when its change is no longer there, or when the annotation is not
    /// credible: it has to describe settings that this webhook injects and the API server accepts.</returns>
    internal static OriginalDns? Before(PodView pod, ApiLimits limits)
    {
        if (pod.DnsPolicy != "None" || pod.Annotation("nodedns.io/status"u8) is not { } status)
        {
            return null;
        }

        var end = status.LastIndexOf(Was, StringComparison.Ordinal);
        if (end < 0 || !IsStillThere(pod, status))
        {
            return null;
        }

        var json = Encoding.UTF8.GetBytes(status[(end + Was.Length)..]);
        if (JsonText.TryParse(json, out var document) is not null)
        {
            return null;
        }

        using (document)
        {
            var before = document!.RootElement;
            if (!before.IsObject || !JsonText.IsReadable(json) || PodView.DnsProblem(before) is not null)
            {
                return null;
            }

            var dnsConfig = before.Member("dnsConfig"u8);
            var original = new OriginalDns(
                before.Member("dnsPolicy"u8).AsText, dnsConfig.IsAbsent ? default : dnsConfig.Clone());
            return original.IsInjectable && limits.Problem(original.DnsConfig) is null ? original : null;
        }
    }

    /// <summary>True when the first nameserver is the one that was written, or when another webhook has removed all of
    /// them.</summary>
    private static bool IsStillThere(PodView pod, string status) =>
        pod.DnsConfig.Member("nameservers"u8).First.AsText is not { } server
        || AddressText.AreSame(server, Written(status));

    /// <summary>The first nameserver that the annotation names; null when it names none.</summary>
    private static string? Written(string status)
    {
        var start = status.IndexOf(Nameservers, StringComparison.Ordinal);
        return start < 0 ? null : status[(start + Nameservers.Length)..].Split(',', ';')[0];
    }

    private static string Write(OriginalDns before)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, s_write))
        {
            writer.WriteStartObject();
            if (before.DnsPolicy is not null)
            {
                writer.WriteString("dnsPolicy"u8, before.DnsPolicy);
            }

            if (!before.DnsConfig.IsAbsent)
            {
                writer.WritePropertyName("dnsConfig"u8);
                before.DnsConfig.WriteTo(writer);
            }
            writer.WriteEndObject();
        }
        // Escape semicolons, so that the last "; was " is the start of this part, whatever the pod's author has
        // written.
        return Encoding.UTF8.GetString(buffer.ToArray()).Replace(";", "\\u003b", StringComparison.Ordinal);
    }
}

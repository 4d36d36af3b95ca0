using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;

namespace NodeDns.Webhook.Options;

/// <summary>The settings that decide what pods get, as JSON and as one line, and a fingerprint of them. Replicas on
/// nodes with different resolv.conf files have different fingerprints, which a PromQL expression can show.</summary>
internal sealed class SettingsSummary
{
    private static readonly JsonWriterOptions s_write = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public SettingsSummary(WebhookOptions options)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, s_write))
        {
            writer.WriteStartObject();
            SettingsJson.WriteMembers(writer, options.Injection);
            writer.WriteBoolean("namespace-settings"u8, options.NamespaceSettings);
            writer.WriteEndObject();
        }
        Json = Encoding.UTF8.GetString(buffer.ToArray());
        using var document = JsonDocument.Parse(Json);
        Text = string.Join(' ', document.RootElement.Members.Select(member => $"{member.Name}={Word(member.Value)}"));
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Json)))[..12];
    }

    /// <summary>The JSON of <see cref="SettingsJson"/>, with <c>namespace-settings</c> at the end.</summary>
    public string Json { get; }

    public string Text { get; }

    public string Fingerprint { get; }

    private static string Word(JsonElement value)
    {
        var word = value.IsArray ? string.Join(',', value.Items.Select(item => item.AsText)) : value.ToString();
        return word.Length > 0 ? word : "none";
    }
}

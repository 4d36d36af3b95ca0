using System.Buffers;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Checks;

/// <summary>Writes a tar.gz for somebody who is asked to help. It contains no Secrets, and the names of environment
/// variables but not their values.</summary>
internal sealed class Bundle(Examination examination)
{
    private const int LogLines = 2000;

    /// <exception cref="ClusterException">The file cannot be written.</exception>
    public async Task WriteAsync(string path, IReadOnlyList<CheckOutcome> outcomes, CancellationToken cancel)
    {
        try
        {
            await using var file = File.Create(path);
            await using var zip = new GZipStream(file, CompressionLevel.Optimal);
            await using var tar = new TarWriter(zip);
            await AddAsync(tar, "findings.txt", string.Concat(outcomes.Select(Text)), cancel);
            await AddAsync(tar, "version.json", await examination.Api.TextAsync("/version", cancel), cancel);
            if (await examination.ReleaseAsync(cancel) is { } release)
            {
                await AddReleaseAsync(tar, release, cancel);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ClusterException($"--bundle {path}: {e.Message}");
        }
    }

    private async Task AddReleaseAsync(TarWriter tar, Release release, CancellationToken cancel)
    {
        foreach (var resource in new[] { ApiPath.Deployments, ApiPath.DaemonSets, ApiPath.ConfigMaps, ApiPath.Services, ApiPath.Pods, ApiPath.Events })
        {
            await TryAddAsync(tar, $"objects/{resource.Resource}.json", async () =>
                Redacted(await examination.Lists.AllAsync(resource.In(release.Namespace), cancel)), cancel);
        }

        await TryAddAsync(tar, "objects/mutatingwebhookconfigurations.json", async () =>
            Redacted(await examination.WebhookConfigurationsAsync(cancel)), cancel);
        foreach (var pod in await examination.Lists.AllAsync(ApiPath.Pods.In(release.Namespace), cancel))
        {
            foreach (var container in pod.Member("spec"u8).Member("containers"u8).Items)
            {
                var path = ApiPath.Pods.In(release.Namespace).Named(ObjectView.Name(pod), "log")
                    .With("container=" + container.Text("name"u8), $"tailLines={LogLines}");
                await TryAddAsync(tar, $"logs/{ObjectView.Name(pod)}/{container.Text("name"u8)}.log", () => examination.Api.TextAsync(path.ToString(), cancel), cancel);
            }
        }

        foreach (var pod in await examination.ReplicasAsync(cancel))
        {
            foreach (var page in new[] { "/settings", "/metrics", "/readyz?verbose" })
            {
                await TryAddAsync(tar, $"webhook/{ObjectView.Name(pod)}/{page[1..].Split('?')[0]}", () => examination.ReplicaPageAsync(pod, page, cancel), cancel);
            }
        }
    }

    /// <summary>Adds a file. If it cannot be read, the file contains the reason.</summary>
    private static async Task TryAddAsync(TarWriter tar, string name, Func<Task<string>> read, CancellationToken cancel)
    {
        string text;
        try
        {
            text = await read();
        }
        catch (ClusterException e)
        {
            text = e.Message + "\n";
        }

        await AddAsync(tar, name, text, cancel);
    }

    private static async Task AddAsync(TarWriter tar, string name, string text, CancellationToken cancel)
    {
        var entry = new PaxTarEntry(TarEntryType.RegularFile, "nodedns-bundle/" + name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) };
        await tar.WriteEntryAsync(entry, cancel);
    }

    private static string Text(CheckOutcome outcome) =>
        $"{outcome.Check.Code} {outcome.Check.Title}\n"
        + string.Concat(outcome.Findings.Select(finding => $"  {finding.Level}: {finding.Text}\n"))
        + (outcome.Unknown is { } why ? $"  unknown: {why}\n" : "");

    private static string Redacted(IEnumerable<JsonElement> items)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartArray();
            foreach (var item in items)
            {
                Write(writer, item, isEnvironment: false);
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value, bool isEnvironment)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    if (member.Name is "managedFields" or "kubectl.kubernetes.io/last-applied-configuration")
                    {
                        continue;
                    }

                    writer.WritePropertyName(member.Name);
                    if (isEnvironment && member.Name == "value")
                    {
                        writer.WriteStringValue("(left out)");
                    }
                    else
                    {
                        Write(writer, member.Value, member.Name == "env");
                    }
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(writer, item, isEnvironment);
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}

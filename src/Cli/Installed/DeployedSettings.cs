using System.Buffers;
using System.Net;
using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Installed;

/// <summary>Reads the settings by which pods are decided, from where they are:
/// <code>
/// engine webhook → /settings of a replica, detected ones included; if none can be reached, its Deployment's arguments
/// engine policy  → the ConfigMap that records what the policy was made from
/// </code></summary>
internal sealed class DeployedSettings(ApiClient api)
{
    private static readonly string[] s_lists =
        ["local-address", "cluster-dns", "host-searches", "options", "allowed-options", "excluded-namespaces", "ignore-skip-rules"];

    /// <summary>The chart's default settings.</summary>
    public static InjectionSettings Default
    {
        get
        {
            using var none = JsonDocument.Parse("""{"local-address": ["169.254.20.10"], "excluded-namespaces": ["kube-system", "kube-public", "kube-node-lease", "node-dns"]}""");
            return SettingsJson.Read(none.RootElement);
        }
    }

    /// <param name="release">The release whose settings are meant.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <exception cref="ClusterException">The record of the policy's settings could not be read.</exception>
    public async Task<Deployed> ReadAsync(Release release, CancellationToken cancel)
    {
        if (release.Webhook.IsAbsent)
        {
            return await FromPolicyAsync(release, cancel);
        }

        var why = "no replica is ready";
        var port = Release.Port(release.Webhook, "webhook", "metrics-listen", 8080);
        try
        {
            foreach (var pod in await new ListReader(api).AllAsync(ApiPath.Pods.In(release.Namespace).With(Release.WebhookSelector), cancel))
            {
                if (!ObjectView.IsReady(pod))
                {
                    continue;
                }

                var (status, text) = await PortForward.GetAsync(api, release.Namespace, ObjectView.Name(pod), port, "/settings", cancel);
                if (status == HttpStatusCode.OK)
                {
                    using var said = JsonDocument.Parse(text);
                    return Of(said.RootElement, null);
                }

                why = $"/settings of {ObjectView.Name(pod)} is {(int)status}";
            }
        }
        catch (Exception e) when (e is ClusterException or JsonException)
        {
            why = e.Message;
        }

        return FromArguments(release.Webhook, $"the webhook's settings are read from its arguments: {why}");
    }

    /// <summary>The record has the chart's names. Cluster DNS is not in it if a Service names it.</summary>
    private async Task<Deployed> FromPolicyAsync(Release release, CancellationToken cancel)
    {
        var maps = await new ListReader(api).AllAsync(ApiPath.ConfigMaps.In(release.Namespace).With(Release.PolicySelector), cancel);
        var data = maps.Select(map => map.Member("data"u8)).FirstOrDefault(data => !data.Member("localAddresses"u8).IsAbsent);
        if (data.IsAbsent)
        {
            return new Deployed(Default, false,
                $"namespace {release.Namespace} has neither the webhook nor the record of a policy: nothing changes new pods there, and the chart's defaults are taken");
        }

        return Read(null, writer =>
        {
            writer.WriteString("engine", "policy");
            if (data.Member("excludedNamespaces"u8).IsAbsent)
            {
                // The record of an older chart.
                Write(writer, "excluded-namespaces", string.Join(',', Default.Selection.ExcludedNamespaces.Append(release.Namespace)));
            }

            foreach (var member in data.Members)
            {
                Write(writer, FlagOf(member.Name), member.Value.AsText ?? "");
            }
        });
    }

    /// <summary>Converts the chart's name of a setting to the flag: clusterDNS becomes cluster-dns.</summary>
    private static string FlagOf(string name) => name switch
    {
        "localAddresses" => "local-address",
        "clusterDNS" => "cluster-dns",
        _ => string.Concat(name.Select(letter => char.IsUpper(letter) ? "-" + char.ToLowerInvariant(letter) : letter.ToString())),
    };

    /// <summary>Reads the settings from the flags, which have the same names.</summary>
    private static Deployed FromArguments(JsonElement deployment, string note) => Read(note, writer =>
    {
        foreach (var container in deployment.Member("spec"u8).Member("template"u8).Member("spec"u8).Member("containers"u8).Items)
        {
            foreach (var argument in container.Member("args"u8).Items)
            {
                if (argument.AsText?.Split('=', 2) is [['-', '-', .. var name], var value])
                {
                    Write(writer, name, value);
                }
            }
        }
    });

    private static Deployed Read(string? note, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        using var settings = JsonDocument.Parse(buffer.WrittenMemory);
        return Of(settings.RootElement, note);
    }

    private static Deployed Of(JsonElement settings, string? note) =>
        new(SettingsJson.Read(settings), settings.Member("namespace-settings"u8).IsTrue, note);

    private static void Write(Utf8JsonWriter writer, string name, string value)
    {
        if (s_lists.Contains(name))
        {
            writer.WriteStartArray(name);
            foreach (var item in value.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                writer.WriteStringValue(item);
            }

            writer.WriteEndArray();
        }
        else if (value is "true" or "false")
        {
            writer.WriteBoolean(name, value == "true");
        }
        else if (int.TryParse(value, out var number))
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteString(name, value);
        }
    }
}

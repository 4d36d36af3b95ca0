using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Installed;

/// <summary>An installed release of the chart: a webhook, a cache on the nodes, or both.</summary>
/// <param name="Namespace">The namespace of both.</param>
/// <param name="Name">The name of the Helm release.</param>
/// <param name="Webhook">The webhook's Deployment, or absent.</param>
/// <param name="Cache">The cache's DaemonSet, or absent.</param>
internal sealed record Release(string Namespace, string Name, JsonElement Webhook, JsonElement Cache)
{
    public const string WebhookSelector = "labelSelector=app.kubernetes.io/name%3Dnode-dns-webhook";
    public const string PolicySelector = "labelSelector=app.kubernetes.io/name%3Dnode-dns-policy";
    public const string CacheSelector = "labelSelector=app.kubernetes.io/name%3Dnode-dns-cache";

    /// <summary>The version of the programs, from the chart's labels.</summary>
    public string Version =>
        (Webhook.IsAbsent ? Cache : Webhook).Member("metadata"u8).Member("labels"u8).Text("app.kubernetes.io/version"u8) ?? "";

    /// <summary>The value of <c>--name=</c> in a container's arguments; null when it is not given.</summary>
    public static string? Argument(JsonElement workload, string container, string name)
    {
        var containers = workload.Member("spec"u8).Member("template"u8).Member("spec"u8).Member("containers"u8);
        foreach (var one in containers.Items)
        {
            if (one.Text("name"u8) != container)
            {
                continue;
            }

            foreach (var argument in one.Member("args"u8).Items)
            {
                if (argument.AsText is { } text && text.StartsWith($"--{name}=", StringComparison.Ordinal))
                {
                    return text[(name.Length + 3)..];
                }
            }
        }

        return null;
    }

    /// <summary>The port in an argument such as <c>--metrics-listen=:8080</c>.</summary>
    public static int Port(JsonElement workload, string container, string name, int otherwise) =>
        Argument(workload, container, name) is { } listen && int.TryParse(listen[(listen.LastIndexOf(':') + 1)..], out var port)
            ? port
            : otherwise;
}

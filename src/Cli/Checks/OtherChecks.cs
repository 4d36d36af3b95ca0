using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Checks;

/// <summary>Looks for other programs that do the same, and for what they have left behind.</summary>
internal static class OtherChecks
{
    private static readonly string[] s_images = ["k8s-dns-node-cache", "node-cache", "nodelocaldns", "node-local-dns"];
    private static readonly string[] s_injectors = ["node-local-dns", "nodelocaldns", "dns-injector", "dnsconfig"];

    public static async Task CachesAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        foreach (var daemon in await examination.Lists.AllAsync(ApiPath.DaemonSets, cancel))
        {
            if (IsOurs(daemon))
            {
                continue;
            }

            var images = daemon.Member("spec"u8).Member("template"u8).Member("spec"u8).Member("containers"u8).Items
                .Select(container => container.Text("image"u8) ?? "").ToList();
            if (images.FirstOrDefault(image => s_images.Any(known => image.Contains(known, StringComparison.Ordinal))) is { } found)
            {
                findings.Add(new Finding(
                    Level.Warning,
                    $"DaemonSet {ObjectView.Namespace(daemon)}/{ObjectView.Name(daemon)} is another node cache ({found})",
                    "docs/migrate.md moves from it; both can run side by side only with different addresses (dns.localAddresses)"));
            }
        }
    }

    public static async Task InjectorsAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        foreach (var configuration in await examination.WebhookConfigurationsAsync(cancel))
        {
            var name = ObjectView.Name(configuration);
            if (!IsOurs(configuration) && s_injectors.Any(known => name.Contains(known, StringComparison.OrdinalIgnoreCase)))
            {
                findings.Add(new Finding(
                    Level.Warning, $"MutatingWebhookConfiguration {name} looks like another injector: of two, the first decides",
                    "uninstall it; its label node-local-dns-injection is understood here too (selection.compatLabel)"));
            }
        }
    }

    public static async Task CloudAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var local = (await examination.NodesAsync(cancel)).Count(node =>
            node.Member("metadata"u8).Member("labels"u8).Says("kubernetes.azure.com/localdns-state"u8, "enabled"u8));
        if (local > 0)
        {
            findings.Add(new Finding(
                Level.Warning, $"AKS LocalDNS is on, on {local} nodes: they have a cache of their own, at 169.254.10.11",
                "switch it off for the node pool (--localdns-config with mode Disabled), or leave these nodes out by cache.affinity"));
        }
    }

    public static async Task LeftoversAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        if (await examination.ReleaseAsync(cancel) is { Webhook.ValueKind: JsonValueKind.Object })
        {
            return;
        }

        foreach (var configuration in (await examination.WebhookConfigurationsAsync(cancel)).Where(IsOurs))
        {
            findings.Add(new Finding(
                Level.Warning, $"MutatingWebhookConfiguration {ObjectView.Name(configuration)} is there, and its webhook is not",
                $"kubectl delete mutatingwebhookconfiguration {ObjectView.Name(configuration)}"));
        }
    }

    private static bool IsOurs(JsonElement item) =>
        item.Member("metadata"u8).Member("labels"u8).Text("app.kubernetes.io/name"u8) is "node-dns-cache" or "node-dns-webhook" or "node-dns-policy";
}

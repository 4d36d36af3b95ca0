using System.Net;
using System.Text.Json;
using NodeDns.Addresses;
using NodeDns.Cli.Cluster;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Checks;

/// <summary>Checks of cluster DNS, which the cache asks and pods fall back to.</summary>
internal static class DnsChecks
{
    private const string Selector = "labelSelector=k8s-app%3Dkube-dns";

    public static async Task ServiceAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var services = await examination.Lists.AllAsync(ApiPath.Services.In("kube-system"), cancel);
        AddressList addresses = [.. services.Where(IsDns)
            .SelectMany(service => service.Member("spec"u8).Member("clusterIPs"u8).Items.Select(address => address.AsText ?? ""))
            .Where(address => address is not ("" or "None"))];
        if (addresses.Count == 0)
        {
            findings.Add(new Finding(
                Level.Error, "no Service in kube-system serves port 53 at a ClusterIP",
                "name cluster DNS in the chart's dns.clusterDNS or dns.clusterDNSService"));
            return;
        }

        if (await examination.ReleaseAsync(cancel) is null)
        {
            return;
        }

        foreach (var address in (await examination.SettingsAsync(cancel)).Settings.Dns.ClusterDns)
        {
            if (IPAddress.TryParse(address, out _) && !addresses.Contains(address))
            {
                findings.Add(new Finding(
                    Level.Warning, $"pods are given {address} as cluster DNS, and no Service of kube-system has it (they have {string.Join(", ", addresses)})",
                    "helm upgrade with dns.clusterDNS set to the address, or empty to have it found"));
            }
        }
    }

    public static async Task EndpointsAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var services = (await examination.Lists.AllAsync(ApiPath.Services.In("kube-system"), cancel)).Where(IsDns)
            .Where(service => service.Member("spec"u8).Text("clusterIP"u8) is not (null or "None")).Select(ObjectView.Name).ToList();
        var slices = await examination.Lists.AllAsync(ApiPath.EndpointSlices.In("kube-system"), cancel);
        foreach (var service in services)
        {
            var ready = slices
                .Where(slice => slice.Member("metadata"u8).Member("labels"u8).Text("kubernetes.io/service-name"u8) == service)
                .SelectMany(slice => slice.Member("endpoints"u8).Items.ToList())
                .Count(endpoint => !endpoint.Member("conditions"u8).Says("ready"u8, "false"u8)
                    && endpoint.Member("conditions"u8).Member("ready"u8).ValueKind != JsonValueKind.False);
            if (ready == 0)
            {
                findings.Add(new Finding(
                    Level.Error, $"Service kube-system/{service} has no ready endpoint: the cache has nobody to ask",
                    $"kubectl get pods -n kube-system -l {Selector[(Selector.IndexOf('=') + 1)..].Replace("%3D", "=", StringComparison.Ordinal)}"));
            }
        }
    }

    /// <summary>Recognizes cluster DNS by its name or label, because installers use different ones.</summary>
    private static bool IsDns(JsonElement service) =>
        ObjectView.Name(service) is "kube-dns" or "coredns" or "rke2-coredns-rke2-coredns"
        || (service.Member("metadata"u8).Member("labels"u8).Says("k8s-app"u8, "kube-dns"u8)
            && service.Member("spec"u8).Member("ports"u8).Items.Any(port => ObjectView.Number(port, "port"u8) == 53));
}

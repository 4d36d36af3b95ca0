using System.Text.Json;
using System.Text.Json.Nodes;

namespace NodeDns.Webhook.Hooks;

/// <summary>Finds the address of cluster DNS when Helm could not look it up, and writes it to the ConfigMap that the
/// pods read.</summary>
internal static class ClusterDnsHook
{
    /// <param name="service">The Service as NAMESPACE/NAME.</param>
    /// <param name="map">The ConfigMap as NAMESPACE/NAME. It gets the addresses under <c>clusterDNS</c>, separated by
    /// commas, and under <c>clusterDNSWords</c>, separated by spaces.</param>
    /// <returns>The problem; null when the ConfigMap has been written.</returns>
    public static async Task<string?> RunAsync(ApiCalls api, string service, string map, TextWriter output)
    {
        if (service.Split('/') is not [var serviceNamespace, var serviceName] || map.Split('/') is not [var ns, var name])
        {
            return $"cluster-dns {service} {map}: expected NAMESPACE/SERVICE NAMESPACE/CONFIGMAP";
        }

        using var found = await api.GetAsync($"/api/v1/namespaces/{serviceNamespace}/services/{serviceName}");
        if (found is null)
        {
            return $"dns.clusterDNSService: {service}: there is no such Service; name the one of cluster DNS, or set dns.clusterDNS";
        }

        var addresses = Addresses(found.RootElement.GetProperty("spec"));
        if (addresses.Count == 0)
        {
            return $"dns.clusterDNSService: {service}: the Service has no ClusterIP; name another one, or set dns.clusterDNS";
        }

        var written = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
            ["data"] = new JsonObject
            {
                ["clusterDNS"] = string.Join(',', addresses),
                ["clusterDNSWords"] = string.Join(' ', addresses),
            },
        };
        using var applied = await api.ApplyAsync($"/api/v1/namespaces/{ns}/configmaps/{name}", written.ToJsonString());
        if (applied is null)
        {
            return $"ConfigMap {map}: there is no such namespace";
        }

        await output.WriteLineAsync($"cluster DNS is {string.Join(", ", addresses)} (Service {service}), written to ConfigMap {map}");
        return null;
    }

    private static List<string> Addresses(JsonElement spec)
    {
        var all = new List<string>();
        if (spec.TryGetProperty("clusterIPs", out var list))
        {
            all.AddRange(list.EnumerateArray().Select(address => address.GetString() ?? ""));
        }
        else if (spec.TryGetProperty("clusterIP", out var one))
        {
            all.Add(one.GetString() ?? "");
        }

        return [.. all.Where(address => address is not ("" or "None"))];
    }
}

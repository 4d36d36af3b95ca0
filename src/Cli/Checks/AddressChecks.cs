using System.Net;
using NodeDns.Addresses;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Checks;

/// <summary>Checks about the address at which the cache listens on every node.</summary>
internal static class AddressChecks
{
    public static async Task CollisionsAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var addresses = await examination.ReleaseAsync(cancel) is null
            ? DeployedSettings.Default.Dns.LocalAddresses
            : (await examination.SettingsAsync(cancel)).Settings.Dns.LocalAddresses;
        var nodes = await examination.NodesAsync(cancel);
        foreach (var address in addresses.Select(IPAddress.Parse))
        {
            foreach (var node in nodes)
            {
                var ranges = node.Member("spec"u8).Member("podCIDRs"u8).Items.Select(range => range.AsText ?? "").ToList();
                if (ranges.Find(range => IPNetwork.TryParse(range, out var net) && net.Contains(address)) is { } range)
                {
                    Add($"is in the range of pods of node {ObjectView.Name(node)} ({range})");
                }

                if (node.Member("status"u8).Member("addresses"u8).Items.Any(one => AddressText.AreSame(one.Text("address"u8), address.ToString())))
                {
                    Add($"is an address of node {ObjectView.Name(node)}");
                }
            }

            foreach (var service in (await examination.Lists.AllAsync(ApiPath.Services, cancel))
                .Where(service => service.Member("spec"u8).Member("clusterIPs"u8).Items.Any(ip => AddressText.AreSame(ip.AsText, address.ToString()))))
            {
                Add($"is the ClusterIP of Service {ObjectView.Namespace(service)}/{ObjectView.Name(service)}");
            }

            void Add(string text) => findings.Add(new Finding(
                Level.Error, $"the local address {address} {text}", "choose another link-local or unique-local one: dns.localAddresses"));
        }
    }
}

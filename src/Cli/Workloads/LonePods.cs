using System.Text.Json;
using NodeDns.Addresses;
using NodeDns.Cli.Cluster;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Workloads;

/// <summary>The pods that would lose DNS without the node cache, because their nameservers are its addresses and no
/// others.</summary>
internal sealed class LonePods(AddressList local)
{
    private readonly List<string> _names = [];

    /// <summary>The namespace and name of each, and its owner: <c>shop/web-5d9f-x2x8v (ReplicaSet web-5d9f)</c>.</summary>
    public IReadOnlyList<string> Names => _names;

    public void See(JsonElement pod)
    {
        if (IsOne(pod))
        {
            var owner = Owners.Controller(pod.Member("metadata"u8));
            _names.Add($"{ObjectView.Namespace(pod)}/{ObjectView.Name(pod)}"
                + (owner.IsAbsent ? "" : $" ({owner.Text("kind"u8)} {owner.Text("name"u8)})"));
        }
    }

    public bool IsOne(JsonElement pod)
    {
        var spec = pod.Member("spec"u8);
        var servers = spec.Member("dnsConfig"u8).Member("nameservers"u8);
        return spec.Says("dnsPolicy"u8, "None"u8)
            && !servers.First.IsAbsent
            && servers.Items.All(server => local.Contains(server.AsText));
    }
}

using System.Net;
using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Workloads;

/// <summary>A NetworkPolicy that isolates the egress of pods, and whether it allows DNS to the node cache.</summary>
/// <remarks>A peer that selects pods or namespaces never matches a node's own address. Only an ipBlock, or a rule
/// without peers, does.</remarks>
internal sealed class EgressPolicy
{
    private readonly LabelSelector _selector;
    private readonly HashSet<(IPAddress, string)> _allowed = [];

    private EgressPolicy(JsonElement policy, IReadOnlyList<IPAddress> addresses)
    {
        Namespace = ObjectView.Namespace(policy);
        Name = ObjectView.Name(policy);
        var spec = policy.Member("spec"u8);
        _selector = new LabelSelector(spec.Member("podSelector"u8));
        HasRules = !spec.Member("egress"u8).First.IsAbsent;
        var rules = spec.Member("egress"u8);
        foreach (var address in addresses)
        {
            foreach (var protocol in Protocols)
            {
                if (rules.Items.Any(rule => Reaches(rule, address) && HasPort(rule, protocol)))
                {
                    _allowed.Add((address, protocol));
                }
            }
        }
    }

    public static string[] Protocols { get; } = ["UDP", "TCP"];

    public string Namespace { get; }

    public string Name { get; }

    /// <summary>True when it has egress rules.</summary>
    public bool HasRules { get; }

    /// <returns>null when the policy does not isolate egress.</returns>
    public static EgressPolicy? Read(JsonElement policy, IReadOnlyList<IPAddress> addresses)
    {
        var spec = policy.Member("spec"u8);
        var types = spec.Member("policyTypes"u8);
        var isolates = types.IsArray
            ? types.Items.Any(type => type.Is("Egress"u8))
            : spec.Member("egress"u8).IsArray;
        return isolates ? new EgressPolicy(policy, addresses) : null;
    }

    /// <summary>True when it allows DNS to this address.</summary>
    public bool Allows(IPAddress address, string protocol) => _allowed.Contains((address, protocol));

    public bool Selects(JsonElement labels) => _selector.Matches(labels);

    private static bool Reaches(JsonElement rule, IPAddress address) =>
        rule.Member("to"u8).First.IsAbsent
        || rule.Member("to"u8).Items.Any(peer => Contains(peer.Member("ipBlock"u8), address));

    private static bool Contains(JsonElement block, IPAddress address) =>
        IsIn(block.Text("cidr"u8), address) && !block.Member("except"u8).Items.Any(except => IsIn(except.AsText, address));

    private static bool IsIn(string? cidr, IPAddress address) => IPNetwork.TryParse(cidr, out var net) && net.Contains(address);

    private static bool HasPort(JsonElement rule, string protocol)
    {
        var ports = rule.Member("ports"u8);
        return ports.First.IsAbsent || ports.Items.Any(port =>
            (port.Text("protocol"u8) ?? "TCP") == protocol
            && (port.Member("port"u8).IsAbsent || IsDns(ObjectView.Number(port, "port"u8), ObjectView.Number(port, "endPort"u8))));
    }

    private static bool IsDns(int first, int last) => first == 53 || (first is > 0 and < 53 && last >= 53);
}

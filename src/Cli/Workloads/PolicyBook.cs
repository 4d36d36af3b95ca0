using System.Net;
using System.Text.Json;

namespace NodeDns.Cli.Workloads;

/// <summary>The policies that isolate egress, by namespace.</summary>
internal sealed class PolicyBook(IReadOnlyList<string> localAddresses)
{
    private static readonly EgressPolicy[] s_none = [];

    private readonly Dictionary<string, List<EgressPolicy>> _policies = [];
    private readonly IPAddress[] _addresses = [.. localAddresses.Select(IPAddress.Parse)];

    public void Add(JsonElement policy)
    {
        if (EgressPolicy.Read(policy, _addresses) is { } read)
        {
            if (!_policies.TryGetValue(read.Namespace, out var all))
            {
                _policies[read.Namespace] = all = [];
            }

            all.Add(read);
        }
    }

    /// <summary>The policies that together keep a pod from the node cache. It would be enough if one of them allowed
    /// it.</summary>
    /// <returns>Empty when the pod can reach the cache.</returns>
    public EgressPolicy[] Blocking(string @namespace, JsonElement labels)
    {
        if (!_policies.TryGetValue(@namespace, out var all))
        {
            return s_none;
        }

        EgressPolicy[] selecting = [.. all.Where(policy => policy.Selects(labels))];
        if (selecting.Length == 0)
        {
            return s_none;
        }

        return _addresses.All(address => EgressPolicy.Protocols.All(
            protocol => selecting.Any(policy => policy.Allows(address, protocol)))) ? s_none : selecting;
    }
}

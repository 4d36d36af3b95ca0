using NodeDns.Corefile;
using NodeDns.Dns.Wire;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Plugins;

/// <summary>acl: the first policy decides whose zone, type and client network match. If none matches, the query is
/// allowed.</summary>
internal sealed class AclPlugin : IQueryPlugin
{
    private readonly (NameSet Zones, Policy[] Policies)[] _rules;
    private readonly PluginCounter _allowed, _blocked, _filtered, _dropped;

    private sealed record Policy(AclAction Action, ushort[] Qtypes, AddressRange[] Networks)
    {
        public bool Matches(in PluginQuery query)
        {
            if (Qtypes.Length > 0 && !Qtypes.AsSpan().Contains((ushort)query.Type))
            {
                return false;
            }

            if (Networks.Length == 0)
            {
                return true;
            }

            foreach (var network in Networks)
            {
                if (network.Contains(query.ClientAddress))
                {
                    return true;
                }
            }
            return false;
        }
    }

    public AclPlugin(AclConfig config, MetricRegistry registry)
    {
        _rules =
        [
            .. config.Rules.Select(rule => (
                new NameSet(rule.Zones),
                rule.Policies
                    .Select(policy => new Policy(
                        policy.Action, [.. policy.Qtypes], [.. policy.Networks.Select(n => new AddressRange(n))]))
                    .ToArray())),
        ];
        _allowed = new PluginCounter(registry, MetricNames.AclAllowed, MetricNames.AclAllowedHelp, hasZone: false);
        _blocked = new PluginCounter(registry, MetricNames.AclBlocked, MetricNames.AclBlockedHelp);
        _filtered = new PluginCounter(registry, MetricNames.AclFiltered, MetricNames.AclFilteredHelp);
        _dropped = new PluginCounter(registry, MetricNames.AclDropped, MetricNames.AclDroppedHelp);
    }

    public PluginVerdict Handle(in PluginQuery query, ref ReplyWriter reply)
    {
        foreach ((var zones, var policies) in _rules)
        {
            if (zones.Longest(query.Name) is not { } zone)
            {
                continue;
            }

            foreach (var policy in policies)
            {
                if (policy.Matches(query))
                {
                    return Apply(policy.Action, query, zone, ref reply);
                }
            }
        }
        _allowed.Increment(query.Server, "");
        return PluginVerdict.Next;
    }

    private PluginVerdict Apply(AclAction action, in PluginQuery query, string zone, ref ReplyWriter reply)
    {
        switch (action)
        {
            case AclAction.Block:
                _blocked.Increment(query.Server, zone);
                reply.SetRcode(Rcode.Refused);
                ExtendedErrorOption.Write(ref reply, ExtendedErrorOption.Blocked);
                return PluginVerdict.Answered;
            case AclAction.Filter:
                _filtered.Increment(query.Server, zone);
                ExtendedErrorOption.Write(ref reply, ExtendedErrorOption.Filtered);
                return PluginVerdict.Answered;
            case AclAction.Drop:
                _dropped.Increment(query.Server, zone);
                return PluginVerdict.Drop;
            default:
                _allowed.Increment(query.Server, "");
                return PluginVerdict.Next;
        }
    }
}

using System.Collections.Immutable;
using System.Net;
using NodeDns.Addresses;
using NodeDns.Dns.Records;

namespace NodeDns.Corefile.Directives;

/// <summary>acl [ZONES...] { allow|block|filter|drop [type TYPES...] [net NETWORKS...] }</summary>
internal static class AclReader
{
    private const string Expected = "expected allow, block, filter or drop, then type TYPES... and net NETWORKS...";

    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        var policies = ImmutableArray.CreateBuilder<AclPolicy>();
        foreach (var line in scope.Body)
        {
            if (Policy(scope, line) is { } policy)
            {
                policies.Add(policy);
            }
        }

        var rule = new AclRule(scope.ZonesOrBlock(scope.Head.Args), policies.ToImmutable());
        var acl = block.Acl ?? new AclConfig { At = scope.At };
        return block with { Acl = acl with { Rules = acl.Rules.Add(rule) } };
    }

    private static AclPolicy? Policy(DirectiveScope scope, OptionLine line)
    {
        if (!Enum.TryParse<AclAction>(line.Name.Text, ignoreCase: true, out var action)
            || !line.Name.Text.All(char.IsAsciiLetter))
        {
            scope.Error(line, Expected);
            return null;
        }

        var types = new List<ushort>();
        var networks = new List<IPNetwork>();
        bool everyType = true, everyNetwork = true;
        for (var i = 0; i < line.Args.Length;)
        {
            var section = line.Args[i].Text.ToLowerInvariant();
            var tokens = line.Args.Skip(i + 1).TakeWhile(t => !IsSection(t.Text)).ToArray();
            i += tokens.Length + 1;
            if (!IsSection(section) || tokens.Length == 0)
            {
                scope.Error(line, Expected);
                return null;
            }

            if (section == "type")
            {
                everyType = Types(scope, tokens, types);
            }
            else
            {
                everyNetwork = Networks(scope, tokens, networks);
            }
        }

        return new(action, everyType ? [] : [.. types], everyNetwork ? [] : [.. networks]);
    }

    private static bool IsSection(string text) =>
        text.Equals("type", StringComparison.OrdinalIgnoreCase) || text.Equals("net", StringComparison.OrdinalIgnoreCase);

    private static bool Types(DirectiveScope scope, Token[] tokens, List<ushort> types)
    {
        foreach (var token in tokens)
        {
            if (token.Text == "*")
            {
                return true;
            }

            if (Mnemonics.TryType(token.Text, out var type))
            {
                types.Add(type);
            }
            else
            {
                scope.Error(token, "expected a record type such as A, AAAA or ANY, or *");
            }
        }

        return false;
    }

    private static bool Networks(DirectiveScope scope, Token[] tokens, List<IPNetwork> networks)
    {
        foreach (var token in tokens)
        {
            if (token.Text == "*")
            {
                return true;
            }

            if (AddressText.TryNetwork(token.Text, single: true, out var network))
            {
                networks.Add(network);
            }
            else
            {
                scope.Error(token, "expected an address or a network such as 10.0.0.0/8, or *");
            }
        }

        return false;
    }
}

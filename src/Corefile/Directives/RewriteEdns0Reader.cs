using System.Buffers;
using System.Text;
using NodeDns.Go;

namespace NodeDns.Corefile.Directives;

/// <summary>edns0 local|nsid|subnet set|append|replace|unset … [revert]</summary>
internal static class RewriteEdns0Reader
{
    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdefABCDEF");
    private const ushort NsidCode = 3;
    private const ushort SubnetCode = 8;

    public static RewriteEdns0Rule? Read(DirectiveScope scope, string[] args)
    {
        if (args.Length < 2 || Action(args[1]) is not { } action || Kind(args[0]) is not { } kind)
        {
            scope.Error(scope.Head, "expected edns0 local|nsid|subnet set|append|replace|unset");
            return null;
        }

        var revert = action != Edns0Action.Unset && args[^1] == "revert";
        var rule = new RewriteEdns0Rule { Kind = kind, Action = action, Revert = revert };
        var rest = args.AsSpan(2, args.Length - 2 - (revert ? 1 : 0));
        return kind switch
        {
            Edns0OptionKind.Nsid => Nsid(scope, rule, rest),
            Edns0OptionKind.Subnet => Subnet(scope, rule, rest),
            _ => Local(scope, rule, rest),
        };
    }

    private static RewriteEdns0Rule? Nsid(DirectiveScope scope, RewriteEdns0Rule rule, ReadOnlySpan<string> rest)
    {
        if (rest.IsEmpty)
        {
            return rule with { Code = NsidCode };
        }

        scope.Error(scope.Head, "expected nothing after nsid and its action but revert");
        return null;
    }

    private static RewriteEdns0Rule? Subnet(DirectiveScope scope, RewriteEdns0Rule rule, ReadOnlySpan<string> rest)
    {
        rule = rule with { Code = SubnetCode };
        if (rule.Action == Edns0Action.Unset && rest.IsEmpty)
        {
            return rule;
        }

        if (rule.Action != Edns0Action.Unset && rest.Length == 2 && GoNumber.TryParse(rest[0], 32, out var v4)
            && GoNumber.TryParse(rest[1], 128, out var v6))
        {
            return rule with { Ipv4Bits = v4, Ipv6Bits = v6 };
        }

        scope.Error(scope.Head, "expected subnet set|append|replace IPV4BITS IPV6BITS, 0 to 32 and 0 to 128");
        return null;
    }

    private static RewriteEdns0Rule? Local(DirectiveScope scope, RewriteEdns0Rule rule, ReadOnlySpan<string> rest)
    {
        var unset = rule.Action == Edns0Action.Unset;
        if (rest.Length != (unset ? 1 : 2) || !GoNumber.TryParse(rest[0], ushort.MaxValue, out var code))
        {
            scope.Error(scope.Head, "expected local ACTION CODE DATA, where CODE is 0 to 65535 or 0x0 to 0xffff");
            return null;
        }

        rule = rule with { Code = (ushort)code };
        if (unset)
        {
            return rule;
        }

        var data = rest[1];
        if (data.StartsWith('{') && data.EndsWith('}'))
        {
            return Variable(scope, rule, data);
        }

        if (!data.StartsWith("0x", StringComparison.Ordinal))
        {
            return rule with { Data = [.. Encoding.UTF8.GetBytes(data)] };
        }

        if (data.Length % 2 == 0 && data.AsSpan(2).IndexOfAnyExcept(s_hexadecimal) < 0)
        {
            return rule with { Data = [.. Convert.FromHexString(data[2..])] };
        }

        scope.Error(scope.Head, "expected an even number of hexadecimal digits after 0x");
        return null;
    }

    private static RewriteEdns0Rule? Variable(DirectiveScope scope, RewriteEdns0Rule rule, string data)
    {
        var variable = data switch
        {
            "{qname}" => Edns0Variable.Qname,
            "{qtype}" => Edns0Variable.Qtype,
            "{client_ip}" => Edns0Variable.ClientIp,
            "{client_port}" => Edns0Variable.ClientPort,
            "{protocol}" => Edns0Variable.Protocol,
            "{server_ip}" => Edns0Variable.ServerIp,
            "{server_port}" => Edns0Variable.ServerPort,
            _ => Edns0Variable.None,
        };
        if (variable != Edns0Variable.None)
        {
            return rule with { Variable = variable };
        }

        if (data.IndexOf('/') is > 1 and var slash && slash < data.Length - 2)
        {
            // As in a CoreDNS without the metadata directive, such a rule never applies.
            scope.Warn(scope.Head, "has no effect: nothing here makes metadata");
            return null;
        }

        scope.Error(scope.Head,
            "expected {qname}, {qtype}, {client_ip}, {client_port}, {protocol}, {server_ip} or {server_port}");
        return null;
    }

    private static Edns0Action? Action(string text) => text.ToLowerInvariant() switch
    {
        "set" => Edns0Action.Set,
        "append" => Edns0Action.Append,
        "replace" => Edns0Action.Replace,
        "unset" => Edns0Action.Unset,
        _ => null,
    };

    private static Edns0OptionKind? Kind(string text) => text.ToLowerInvariant() switch
    {
        "local" => Edns0OptionKind.Local,
        "nsid" => Edns0OptionKind.Nsid,
        "subnet" => Edns0OptionKind.Subnet,
        _ => null,
    };
}

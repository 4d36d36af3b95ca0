using System.Buffers.Binary;
using System.Text;
using NodeDns.Corefile;
using NodeDns.Dns.Wire;
using NodeDns.Go;

namespace NodeDns.Cache.Plugins;

/// <summary>rewrite: changes the question on its way in, and says what must be changed back in the reply.</summary>
/// <remarks>Rules are tried in file order, each on what those before it made of the question; one that applies ends the
/// search unless it says continue. All workers share one.</remarks>
public sealed class RewriteRules(RewriteConfig config)
{
    /// <summary>Runs the rules.</summary>
    /// <returns>null when none applied: the query goes on as it is.</returns>
    public RewrittenQuestion? TryRewrite(in PluginQuery query)
    {
        RewrittenQuestion? result = null;
        var name = DnsName.ToText(query.Name);
        foreach (var rule in config.Rules)
        {
            if (!Apply(rule, name, query, ref result))
            {
                continue;
            }

            if (result!.IsInvalid || !rule.Continue)
            {
                break;
            }

            name = DnsName.ToText(result.Name);
        }
        return result;
    }

    private static bool Apply(RewriteRule rule, string name, in PluginQuery query, ref RewrittenQuestion? result)
    {
        switch (rule)
        {
            case RewriteNameRule nameRule when Replace(nameRule.Match, nameRule.To, name) is { } to:
                Result(query, ref result).SetName(to, nameRule, name);
                return true;
            case RewriteTypeRule type when type.From == (ushort)(result?.Type ?? query.Type):
                Result(query, ref result).Type = (Qtype)type.To;
                return true;
            case RewriteClassRule @class when @class.From == (ushort)(result?.Class ?? query.Class):
                Result(query, ref result).Class = (Qclass)@class.To;
                return true;
            case RewriteTtlRule ttl when ttl.Match.Matches(name):
                Result(query, ref result).ReplyRules.Add(new TtlReplyRule(ttl.MinTtlSeconds, ttl.MaxTtlSeconds));
                return true;
            case RewriteRcodeRule rcode when rcode.Match.Matches(name):
                Result(query, ref result).ReplyRules.Add(new RcodeReplyRule((Rcode)rcode.From, (Rcode)rcode.To));
                return true;
            case RewriteCnameRule cname:
                Result(query, ref result).CnameRules.Add(cname);
                return true;
            case RewriteEdns0Rule edns:
                return ApplyEdns(edns, query, Result(query, ref result));
            default:
                return false;
        }
    }

    private static RewrittenQuestion Result(in PluginQuery query, ref RewrittenQuestion? result) =>
        result ??= new RewrittenQuestion(query);

    /// <summary>The name with what the match found replaced; null when it does not match.</summary>
    internal static string? Replace(NameMatch match, string to, string name)
    {
        if (match.Kind == NameMatchKind.Regex)
        {
            return match.Pattern!.Regex.Match(name) is { Success: true } found ? GoPattern.Substitute(to, found) : null;
        }

        if (!match.Matches(name))
        {
            return null;
        }

        return match.Kind switch
        {
            NameMatchKind.Prefix => to + name[match.Text.Length..],
            NameMatchKind.Suffix => name[..^match.Text.Length] + to,
            NameMatchKind.Substring => name.Replace(match.Text, to, StringComparison.Ordinal),
            _ => to,
        };
    }

    private static bool ApplyEdns(RewriteEdns0Rule rule, in PluginQuery query, RewrittenQuestion result)
    {
        var at = result.Options.FindIndex(option => option.Code == rule.Code);
        if (rule.Action == Edns0Action.Unset)
        {
            result.Options.RemoveAll(option => option.Code == rule.Code);
            result.ChangedOptions.Add(rule.Code);
            return true;
        }
        var data = rule.Kind switch
        {
            Edns0OptionKind.Nsid => [],
            Edns0OptionKind.Subnet => Subnet(rule, query.ClientAddress),
            _ => rule.Variable == Edns0Variable.None ? [.. rule.Data] : Variable(rule.Variable, query),
        };
        if (at >= 0 && rule.Action != Edns0Action.Append)
        {
            result.Options[at] = (rule.Code, data);
        }
        else if (rule.Action == Edns0Action.Replace)
        {
            return false;
        }
        else
        {
            result.Options.Add((rule.Code, data));
        }

        result.ChangedOptions.Add(rule.Code);
        return true;
    }

    /// <summary>Family, source prefix length, scope 0, and only the octets the prefix needs (RFC 7871 section
    /// 6).</summary>
    private static byte[] Subnet(RewriteEdns0Rule rule, ReadOnlySpan<byte> client)
    {
        var bits = client.Length == 4 ? rule.Ipv4Bits : rule.Ipv6Bits;
        byte[] data = [0, (byte)(client.Length == 4 ? 1 : 2), (byte)bits, 0, .. client[..((bits + 7) / 8)]];
        if (bits % 8 != 0)
        {
            data[^1] &= (byte)(0xFF << (8 - bits % 8));
        }

        return data;
    }

    private static byte[] Variable(Edns0Variable variable, in PluginQuery query) => variable switch
    {
        Edns0Variable.Qname => Encoding.Latin1.GetBytes(DnsName.ToText(query.NameAsSent)),
        Edns0Variable.Qtype => U16((ushort)query.Type),
        Edns0Variable.ClientIp => query.ClientAddress.ToArray(),
        Edns0Variable.ClientPort => U16(query.ClientPort),
        Edns0Variable.Protocol => query.IsTcp ? [.. "tcp"u8] : [.. "udp"u8],
        Edns0Variable.ServerIp => query.Server.Address.GetAddressBytes(),
        _ => U16((ushort)query.Server.Port),
    };

    private static byte[] U16(ushort value)
    {
        var octets = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(octets, value);
        return octets;
    }
}

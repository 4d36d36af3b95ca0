using System.Net;
using System.Net.Sockets;
using NodeDns.Addresses;

namespace NodeDns.Corefile.Directives;

/// <summary>dns64 [PREFIX] { prefix PREFIX, translate_all, allow_ipv4 }</summary>
internal static class Dns64Reader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        var dns64 = (block.Dns64 ?? new()) with { At = scope.At };
        if (scope.Count(scope.Head, 0, 1, "expected one prefix") && !scope.Head.Args.IsEmpty)
        {
            dns64 = dns64 with { Prefix = Prefix(scope, scope.Head, dns64.Prefix) };
        }

        foreach (var line in scope.Body)
        {
            switch (line.Name.Text)
            {
                case "prefix":
                    if (scope.Count(line, 1, 1, "expected one prefix"))
                    {
                        dns64 = dns64 with { Prefix = Prefix(scope, line, dns64.Prefix) };
                    }

                    break;
                case "translate_all":
                    scope.NoArgs(line);
                    dns64 = dns64 with { TranslateAll = true };
                    break;
                case "allow_ipv4":
                    scope.NoArgs(line);
                    dns64 = dns64 with { AllowIpv4 = true };
                    break;
                default:
                    scope.UnknownOption(line, "prefix, translate_all, allow_ipv4");
                    break;
            }
        }

        return block with { Dns64 = dns64 };
    }

    private static IPNetwork Prefix(DirectiveScope scope, OptionLine line, IPNetwork fallback)
    {
        if (AddressText.TryNetwork(line.Args[0].Text, single: false, out var prefix)
            && prefix.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6 && prefix.PrefixLength % 8 == 0
            && prefix.PrefixLength is >= Dns64Config.PrefixLengthMinimum and <= Dns64Config.PrefixLengthMaximum)
        {
            return prefix;
        }

        scope.Error(line, "expected an IPv6 prefix of 32, 40, 48, 56, 64, 72, 80, 88 or 96 bits, such as 64:ff9b::/96");
        return fallback;
    }
}

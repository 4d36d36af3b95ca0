using System.Net;

namespace NodeDns.Cache.Corefile.Directives;

/// <summary>loadbalance [round_robin] { prefer NETWORKS... }</summary>
internal static class LoadbalanceReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        var balance = new LoadbalanceConfig { At = scope.At };
        switch (scope.Head.Args)
        {
            case [] or [{ Text: "round_robin" }]:
                break;
            case [{ Text: "weighted" }, ..]:
                scope.Error(scope.Head, "expected round_robin: answers here have no weights; nearest to it: prefer");
                break;
            default:
                scope.Error(scope.Head, "expected nothing or round_robin");
                break;
        }

        foreach (var line in scope.Body)
        {
            if (line.Name.Text == "prefer")
                balance = balance with { Prefer = [.. balance.Prefer, .. Networks(scope, line)] };
            else
                scope.UnknownOption(line, "prefer");
        }

        return block with { Loadbalance = balance };
    }

    private static IEnumerable<IPNetwork> Networks(DirectiveScope scope, OptionLine line)
    {
        foreach (var token in line.Args)
        {
            if (AddressText.TryNetwork(token.Text, single: false, out var network))
                yield return network;
            else
                scope.Error(token, "expected a network such as 10.0.0.0/8");
        }
    }
}

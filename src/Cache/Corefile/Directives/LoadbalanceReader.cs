namespace NodeDns.Cache.Corefile.Directives;

/// <summary>loadbalance [round_robin | weighted FILE] { reload DURATION, prefer NETWORKS... }</summary>
internal static class LoadbalanceReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        var balance = new LoadbalanceConfig { At = scope.At };
        switch (scope.Head.Args)
        {
            case [] or [{ Text: "round_robin" }]:
                break;
            case [{ Text: "weighted" }, var file]:
                balance = balance with { Policy = LoadbalancePolicy.Weighted, WeightFile = file.Text };
                if (scope.ReadFile(file.Text, out var reason) is null)
                    scope.Warn(scope.Head, $"the file of weights cannot be read yet: {reason}");
                break;
            default:
                scope.Error(scope.Head, "expected nothing, round_robin or weighted FILE");
                break;
        }

        foreach (var line in scope.Body)
            balance = Option(balance, scope, line);
        return block with { Loadbalance = balance };
    }

    private static LoadbalanceConfig Option(LoadbalanceConfig balance, DirectiveScope scope, OptionLine line)
    {
        switch (line.Name.Text)
        {
            case "reload" when balance.Policy == LoadbalancePolicy.Weighted:
                return !scope.Count(line, 1, 1, "expected one duration") ? balance : balance with
                {
                    WeightReload = scope.Duration(line, 0, balance.WeightReload, "an interval", TimeSpan.Zero),
                };
            case "prefer":
                foreach (var token in line.Args)
                {
                    if (AddressText.TryNetwork(token.Text, single: false, out var network))
                        balance = balance with { Prefer = balance.Prefer.Add(network) };
                    else
                        scope.Error(token, "expected a network such as 10.0.0.0/8");
                }

                return balance;
            default:
                scope.UnknownOption(line, balance.Policy == LoadbalancePolicy.Weighted ? "reload, prefer" : "prefer");
                return balance;
        }
    }
}

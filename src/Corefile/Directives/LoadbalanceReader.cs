using System.Net;
using NodeDns.Addresses;

namespace NodeDns.Corefile.Directives;

/// <summary>loadbalance [round_robin] { prefer NETWORKS... } or loadbalance weighted FILE { reload DURATION }</summary>
internal static class LoadbalanceReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        var balance = (block.Loadbalance ?? new LoadbalanceConfig()) with { At = scope.At, WeightFile = null };
        switch (scope.Head.Args)
        {
            case [] or [{ Text: "round_robin" }]:
                foreach (var line in scope.Body)
                {
                    balance = RoundRobinOption(balance, scope, line);
                }

                break;
            case [{ Text: "weighted" }, var file]:
                balance = new LoadbalanceConfig { At = scope.At, WeightFile = file.Text };
                foreach (var line in scope.Body)
                {
                    balance = WeightedOption(balance, scope, line);
                }

                CheckFile(balance, scope);
                break;
            case [{ Text: "weighted" }, ..]:
                scope.Error(scope.Head, "expected one weight file after weighted");
                break;
            default:
                scope.Error(scope.Head, "expected nothing, round_robin, or weighted and a weight file");
                break;
        }

        return block with { Loadbalance = balance };
    }

    private static LoadbalanceConfig RoundRobinOption(LoadbalanceConfig balance, DirectiveScope scope, OptionLine line)
    {
        if (line.Name.Text == "prefer")
        {
            return balance with { Prefer = [.. balance.Prefer, .. Networks(scope, line)] };
        }

        scope.UnknownOption(line, "prefer");
        return balance;
    }

    private static LoadbalanceConfig WeightedOption(LoadbalanceConfig balance, DirectiveScope scope, OptionLine line)
    {
        if (line.Name.Text != "reload")
        {
            scope.UnknownOption(line, "reload");
            return balance;
        }

        return !scope.Count(line, 1, 1, "expected one duration, 0s for never") ? balance : balance with
        {
            Reload = scope.Duration(line, 0, LoadbalanceConfig.ReloadDefault, "an interval", TimeSpan.Zero),
        };
    }

    /// <summary>A missing file is accepted if it is going to be read again. A file with errors prevents the start, as
    /// in CoreDNS.</summary>
    private static void CheckFile(LoadbalanceConfig balance, DirectiveScope scope)
    {
        // Read only to check it. The plugin itself reads the file again, so a change of it needs no reload.
        if (scope.Options.Files.Read(balance.WeightFile!, out var reason) is not { } text)
        {
            if (balance.Reload == TimeSpan.Zero)
            {
                scope.Error(scope.Head, $"expected a readable file: {reason}");
            }
            else
            {
                scope.Warn(scope.Head, $"the file cannot be read yet: {reason}");
            }
        }
        else if (WeightText.Parse(text, out var problem) is not { } weights)
        {
            scope.Error(scope.Head, $"expected a weight file: {problem}");
        }
        else
        {
            foreach (var name in weights.Select(weight => weight.Name).Distinct()
                .Where(name => !DomainName.TryNormalize(name, out _)))
            {
                scope.Warn(scope.Head, $"{name} is no domain name, and its weights have no effect");
            }
        }
    }

    private static IEnumerable<IPNetwork> Networks(DirectiveScope scope, OptionLine line)
    {
        foreach (var token in line.Args)
        {
            if (AddressText.TryNetwork(token.Text, single: false, out var network))
            {
                yield return network;
            }
            else
            {
                scope.Error(token, "expected a network such as 10.0.0.0/8");
            }
        }
    }
}

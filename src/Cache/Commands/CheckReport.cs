using NodeDns.Corefile;
using NodeDns.Go;

namespace NodeDns.Cache.Commands;

/// <summary>What a configuration will do, for people: `check` prints it, and `serve` logs it at start.</summary>
public static class CheckReport
{
    public static void Write(CorefileConfig config, TextWriter writer)
    {
        foreach (var block in config.Blocks)
        {
            Write(block, writer);
        }
    }

    private static void Write(ServerBlockConfig block, TextWriter writer)
    {
        writer.WriteLine(string.Join(' ', block.Zones)
            + (block.IsStubDomain ? " (stub domain)" : ""));
        Line(writer, "listen", Listen(block));
        foreach (var (name, text) in Steps(block))
        {
            Line(writer, name, text);
        }
    }

    private static void Line(TextWriter writer, string name, string text) => writer.WriteLine($"  {name,-11} {text}".TrimEnd());

    private static string Listen(ServerBlockConfig block)
    {
        if (!block.Zones.Any(zone => zone.IsServed))
        {
            return "nowhere";
        }

        if (block.Bind is null)
        {
            return "every address";
        }

        var except = block.Bind.Groups.SelectMany(g => g.Except).ToArray();
        var targets = string.Join(' ', block.Bind.Groups.SelectMany(g => g.Targets));
        return except.Length == 0 ? targets : $"{targets}, but not {string.Join(' ', except)}";
    }

    /// <summary>In the order in which a question meets them.</summary>
    private static IEnumerable<(string Name, string Text)> Steps(ServerBlockConfig block)
    {
        if (block.Timeouts is { } timeouts)
        {
            yield return ("timeouts", Text(timeouts));
        }

        if (block.Reload is { } reload)
        {
            yield return ("reload", $"every {Text(reload.Interval)}, jitter {Text(reload.Jitter)}");
        }

        if (block.Bufsize is { } bufsize)
        {
            yield return ("bufsize", $"{bufsize.Bytes} bytes");
        }

        if (block.Health is { } health)
        {
            yield return ("health", health.Address + (health.Lameduck > default(TimeSpan)
                ? $", lameduck {Text(health.Lameduck)}" : ""));
        }

        if (block.Ready is { } ready)
        {
            yield return ("ready", ready.Address.ToString());
        }

        if (block.Prometheus is { } prometheus)
        {
            yield return ("prometheus", prometheus.Address.ToString());
        }

        if (block.Errors is { } errors)
        {
            yield return ("errors", errors.Consolidate.IsEmpty ? "to the log" : $"{errors.Consolidate.Length} consolidated");
        }

        if (block.Log is { } log)
        {
            yield return ("log", string.Join(", ", log.Rules.Select(rule => $"{rule.Zone} ({Text(rule.Classes)})")));
        }

        if (block.Cancel is { } cancel)
        {
            yield return ("cancel", $"after {Text(cancel.Timeout)}");
        }

        if (block.Acl is { } acl)
        {
            yield return ("acl", $"{acl.Rules.Sum(rule => rule.Policies.Length)} policies");
        }

        if (block.Local is not null)
        {
            yield return ("local", "localhost and loopback names");
        }

        if (block.Any is not null)
        {
            yield return ("any", "HINFO");
        }

        if (block.Dns64 is { } dns64)
        {
            yield return ("dns64", dns64.Prefix.ToString());
        }

        if (block.Loadbalance is { } balance)
        {
            yield return ("loadbalance", balance.WeightFile is { } weights ? $"weighted by {weights}" : balance.Prefer.IsEmpty
                ? "shuffled" : $"shuffled, first {string.Join(' ', balance.Prefer)}");
        }

        if (block.Rewrite is { } rewrite)
        {
            yield return ("rewrite", $"{rewrite.Rules.Length} rules");
        }

        if (block.Cache is { } cache)
        {
            yield return ("cache", Text(cache));
        }

        if (block.Minimal is not null)
        {
            yield return ("minimal", "answer section only");
        }

        if (block.Template is { } template)
        {
            yield return ("template", $"{template.Rules.Length} rules");
        }

        if (block.Hosts is { } hosts)
        {
            yield return ("hosts", $"{hosts.Path}, {hosts.Inline.Length} entries here");
        }

        if (block.Loop is not null)
        {
            yield return ("loop", "looked for at start");
        }

        foreach (var forward in block.Forward)
        {
            yield return ("forward", Text(forward));
        }

        if (block.Whoami is not null)
        {
            yield return ("whoami", "everything else");
        }
        else if (block.Forward.IsEmpty)
        {
            yield return ("(end)", "everything else is refused");
        }
    }

    private static string Text(CacheConfig cache)
    {
        var text = $"success up to {Text(cache.SuccessTtl)}{Cap(cache.SuccessCapacity)}, "
            + $"denial up to {Text(cache.DenialTtl)}{Cap(cache.DenialCapacity)}, SERVFAIL {Text(cache.ServfailTtl)}";
        if (cache.Prefetch is { Amount: > 0 } prefetch)
        {
            text += $", prefetch from {prefetch.Amount} hits";
        }

        if (cache.ServeStale is { } stale)
        {
            text += $", stale for {Text(stale.Duration)} ({stale.Mode.ToString().ToLowerInvariant()})";
        }

        return text;

        static string Cap(int? capacity) => capacity is { } number ? $" and {number} answers" : "";
    }

    private static string Text(ForwardConfig forward)
    {
        var to = forward.To.IsEmpty ? "servers looked up at start" : string.Join(' ', forward.To.Select(Server));
        var protocol = forward.ForceTcp ? "TCP" : forward.PreferUdp ? "UDP first" : "the client's protocol";
        var except = forward.Except.IsEmpty ? "" : $", but not {string.Join(' ', forward.Except)}";
        return $"{forward.From} to {to} by {protocol}, {Policy(forward.Policy)}{except}";
    }

    private static string Server(UpstreamAddress server) => server.Tls ? $"tls://{server}" : server.ToString();

    private static string Policy(ForwardPolicy policy) => policy switch
    {
        ForwardPolicy.RoundRobin => "round robin",
        ForwardPolicy.Sequential => "in order",
        _ => "random",
    };

    private static string Text(TimeoutsConfig timeouts) =>
        $"read {Text(timeouts.Read ?? TimeoutsConfig.ReadDefault)}, "
        + $"write {Text(timeouts.Write ?? TimeoutsConfig.WriteDefault)}, "
        + $"idle {Text(timeouts.Idle ?? TimeoutsConfig.IdleDefault)}";

    private static string Text(LogClasses classes) => classes.ToString().ToLowerInvariant();

    private static string Text(TimeSpan value) => GoDuration.Format(value);
}

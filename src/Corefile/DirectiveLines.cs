using NodeDns.Go;

namespace NodeDns.Corefile;

/// <summary>Descriptions of directives for `check` that are too long to be written in
/// <see cref="DirectiveTable"/>.</summary>
internal static class DirectiveLines
{
    public static string Of(CacheConfig cache, ServerBlockConfig block)
    {
        var text = $"success up to {Of(cache.SuccessTtl)}{Cap(cache.SuccessCapacity)}, "
            + $"denial up to {Of(cache.DenialTtl)}{Cap(cache.DenialCapacity)}, SERVFAIL {Of(cache.ServfailTtl)}";
        if (cache.Prefetch is { Amount: > 0 } prefetch)
        {
            text += $", prefetch from {prefetch.Amount} hits";
        }
        if (cache.ServeStale is { } stale)
        {
            text += $", stale for {Of(stale.Duration)} ({stale.Mode.ToString().ToLowerInvariant()})";
        }
        if (!block.Zones.Select(zone => zone.Name).All(cache.Zones.Contains))
        {
            text += $", only for {string.Join(' ', cache.Zones)}";
        }
        return text;

        static string Cap(int? capacity) => capacity is { } number ? $" and {number} answers" : "";
    }

    public static string Of(DnstapConfig dnstap)
    {
        var to = dnstap.Path ?? (dnstap.To is { } server ? $"tcp://{server}" : "a collector looked up at start");
        return dnstap.Full ? $"to {to}, with the messages" : $"to {to}";
    }

    public static string Of(ForwardConfig forward)
    {
        var to = forward.To.IsEmpty ? "servers looked up at start" : string.Join(' ', forward.To.Select(Of));
        var protocol = forward.ForceTcp ? "TCP" : forward.PreferUdp ? "UDP first" : "the client's protocol";
        var policy = forward.Policy switch
        {
            ForwardPolicy.RoundRobin => "round robin",
            ForwardPolicy.Sequential => "in order",
            _ => "random",
        };
        var except = forward.Except.IsEmpty ? "" : $", but not {string.Join(' ', forward.Except)}";
        if (forward.Endpoints is { } endpoints)
        {
            to = $"the pods of {endpoints}, else {to}";
        }

        return $"{forward.From} to {to} by {protocol}, {policy}{except}";
    }

    public static string Of(HealthConfig health) =>
        health.Address + (health.Lameduck > TimeSpan.Zero ? $", lameduck {Of(health.Lameduck)}" : "");

    public static string Of(LoadbalanceConfig balance) => balance.WeightFile is { } weights ? $"weighted by {weights}"
        : balance.Prefer.IsEmpty ? "shuffled"
        : $"shuffled, first {string.Join(' ', balance.Prefer)}";

    public static string Of(LogConfig log) =>
        string.Join(", ", log.Rules.Select(rule => $"{rule.Zone} ({rule.Classes.ToString().ToLowerInvariant()})"));

    public static string Of(TimeoutsConfig timeouts) =>
        $"read {Of(timeouts.Read ?? TimeoutsConfig.ReadDefault)}, "
        + $"write {Of(timeouts.Write ?? TimeoutsConfig.WriteDefault)}, "
        + $"idle {Of(timeouts.Idle ?? TimeoutsConfig.IdleDefault)}";

    public static string Of(TimeSpan time) => GoDuration.Format(time);

    private static string Of(UpstreamAddress server) => server.Tls ? $"tls://{server}" : server.ToString();
}

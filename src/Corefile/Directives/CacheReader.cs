namespace NodeDns.Corefile.Directives;

/// <summary>cache [TTL] [ZONES...] { success, denial, prefetch, serve_stale, serve_stale_policy, servfail, disable,
/// keepttl }</summary>
internal static class CacheReader
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        if (!scope.Once(block.Cache))
        {
            return block;
        }

        var cache = new CacheConfig { At = scope.At };
        var zones = scope.Head.Args;
        if (!zones.IsEmpty && long.TryParse(zones[0].Text, out _))
        {
            var ttl = TimeSpan.FromSeconds(scope.Number(scope.Head, 0, 1, "a TTL in seconds", 1));
            cache = cache with { SuccessTtl = ttl, DenialTtl = ttl };
            zones = zones.RemoveAt(0);
        }

        cache = cache with { Zones = scope.ZonesOrBlock(zones) };
        var policy = scope.Body.FirstOrDefault(line => line.Name.Text == "serve_stale_policy");
        foreach (var line in scope.Body)
        {
            cache = Option(cache, scope, line);
        }

        if (policy is null)
        {
            return block with { Cache = cache };
        }

        if (cache.ServeStale is null)
        {
            scope.Error(policy, "expected serve_stale in the same cache");
        }
        else if (scope.Count(policy, 1, 1, "expected prefer_positive") && IsPreferPositive(scope, policy))
        {
            cache = cache with { ServeStale = cache.ServeStale with { PreferPositive = true } };
        }

        return block with { Cache = cache };
    }

    private static CacheConfig Option(CacheConfig cache, DirectiveScope scope, OptionLine line)
    {
        switch (line.Name.Text)
        {
            case "success":
                var success = Limits(scope, line, cache.SuccessTtl);
                return cache with
                {
                    SuccessCapacity = success.Capacity,
                    SuccessTtl = success.Ttl,
                    SuccessMinTtl = success.MinTtl ?? cache.SuccessMinTtl,
                };
            case "denial":
                var denial = Limits(scope, line, cache.DenialTtl);
                return cache with
                {
                    DenialCapacity = denial.Capacity,
                    DenialTtl = denial.Ttl,
                    DenialMinTtl = denial.MinTtl ?? cache.DenialMinTtl,
                };
            case "prefetch":
                return cache with { Prefetch = Prefetch(scope, line) };
            case "serve_stale":
                return cache with { ServeStale = ServeStale(scope, line) };
            case "serve_stale_policy":
                return cache;
            case "servfail":
                return !scope.Count(line, 1, 1, "expected one duration") ? cache : cache with
                {
                    ServfailTtl = scope.Duration(line, 0, CacheConfig.ServfailTtlDefault, "a TTL", TimeSpan.Zero,
                        CacheConfig.ServfailTtlMaximum),
                };
            case "disable":
                return Disable(cache, scope, line);
            case "keepttl":
                scope.NoArgs(line);
                return cache with { KeepTtl = true };
            default:
                scope.UnknownOption(line, "success, denial, prefetch, serve_stale, serve_stale_policy, servfail, "
                    + "disable, keepttl");
                return cache;
        }
    }

    /// <summary>CAPACITY [TTL] [MINTTL]. Like CoreDNS, ignores what follows.</summary>
    private static (int? Capacity, TimeSpan Ttl, TimeSpan? MinTtl) Limits(
        DirectiveScope scope, OptionLine line, TimeSpan ttl)
    {
        if (!scope.Count(line, 1, int.MaxValue, "expected CAPACITY [TTL] [MINTTL]"))
        {
            return (null, ttl, null);
        }

        var capacity = scope.Number(line, 0, CacheConfig.CapacityMinimum, "a number of answers", int.MinValue);
        if (capacity < CacheConfig.CapacityMinimum)
        {
            scope.Warn(line, $"a capacity below {CacheConfig.CapacityMinimum} means {CacheConfig.CapacityMinimum}");
            capacity = CacheConfig.CapacityMinimum;
        }

        TimeSpan? minimum = null;
        if (line.Args.Length > 1)
        {
            ttl = TimeSpan.FromSeconds(scope.Number(line, 1, 1, "a TTL in seconds", 1));
        }

        if (line.Args.Length > 2)
        {
            minimum = TimeSpan.FromSeconds(scope.Number(line, 2, 0, "a minimum TTL in seconds", 0));
        }

        if (line.Args.Length > 3)
        {
            scope.Warn(line, "only CAPACITY [TTL] [MINTTL] are read");
        }

        return (capacity, ttl, minimum);
    }

    private static PrefetchConfig? Prefetch(DirectiveScope scope, OptionLine line)
    {
        if (!scope.Count(line, 1, 3, "expected AMOUNT [DURATION] [PERCENTAGE%]"))
        {
            return null;
        }

        var amount = scope.Number(line, 0, 0, "a number of hits", 0);
        var window = line.Args.Length > 1
            ? scope.Duration(line, 1, PrefetchConfig.WindowDefault, "the longest gap", TimeSpan.Zero)
            : PrefetchConfig.WindowDefault;
        var percentage = PrefetchConfig.PercentageDefault;
        if (line.Args.Length > 2)
        {
            var text = line.Args[2].Text;
            if (!text.EndsWith('%') || !int.TryParse(text[..^1], out percentage)
                || percentage is < PrefetchConfig.PercentageMinimum or > PrefetchConfig.PercentageMaximum)
            {
                scope.Error(line, $"expected a percentage with its sign, {PrefetchConfig.PercentageMinimum}% to "
                    + $"{PrefetchConfig.PercentageMaximum}%");
            }
        }

        return new(amount, window, percentage);
    }

    /// <summary>[DURATION] [immediate [TTL [RECHECK]] | verify [TIMEOUT [TTL [RECHECK]]]]</summary>
    private static ServeStaleConfig? ServeStale(DirectiveScope scope, OptionLine line)
    {
        const string Expected =
            "expected [DURATION] [immediate [TTL [RECHECK]]] or [DURATION] [verify [TIMEOUT [TTL [RECHECK]]]]";
        var stale = new ServeStaleConfig();
        if (line.Args.IsEmpty)
        {
            return stale;
        }

        stale = stale with
        {
            Duration = scope.Duration(line, 0, stale.Duration, "how long stale answers are sent", TimeSpan.Zero),
        };
        if (line.Args.Length == 1)
        {
            return stale;
        }

        var mode = line.Args[1].Text.ToLowerInvariant();
        if (mode is not ("immediate" or "verify"))
        {
            scope.Error(line, Expected);
            return stale;
        }

        var verify = mode == "verify";
        stale = stale with { Mode = verify ? ServeStaleMode.Verify : ServeStaleMode.Immediate };
        var next = 2;
        if (!scope.Count(line, 0, verify ? 5 : 4, Expected))
        {
            return stale;
        }

        if (verify && line.Args.Length > next)
        {
            stale = stale with { VerifyTimeout = scope.Duration(line, next++, default, "a timeout", TimeSpan.Zero) };
        }

        if (line.Args.Length > next)
        {
            stale = stale with { AnswerTtl = AnswerTtl(scope, line, next++) };
        }

        if (line.Args.Length > next)
        {
            stale = stale with
            {
                FailureRecheck = scope.Duration(line, next, default, "a pause after failures", TimeSpan.Zero,
                    ServeStaleConfig.RecheckMaximum),
            };
        }

        return stale;
    }

    private static TimeSpan AnswerTtl(DirectiveScope scope, OptionLine line, int index)
    {
        var ttl = scope.Duration(line, index, default, "a TTL", TimeSpan.Zero, TimeSpan.FromSeconds(uint.MaxValue));
        if (ttl.Ticks % s_second.Ticks != 0)
        {
            scope.Error(line, "expected a TTL of whole seconds");
        }

        return ttl;
    }

    private static bool IsPreferPositive(DirectiveScope scope, OptionLine line)
    {
        var known = line.Args[0].Text.Equals("prefer_positive", StringComparison.OrdinalIgnoreCase);
        if (!known)
        {
            scope.Error(line, "expected prefer_positive");
        }

        return known;
    }

    private static CacheConfig Disable(CacheConfig cache, DirectiveScope scope, OptionLine line)
    {
        foreach (var zone in line.Args.Skip(1))
        {
            scope.WarnOfTime(zone);
        }

        var zones = line.Args.Length > 1 ? scope.Zones(line.Args.Skip(1)) : ["."];
        switch (line.Args.IsEmpty ? "" : line.Args[0].Text)
        {
            case "success":
                return cache with { DisableSuccess = zones };
            case "denial":
                return cache with { DisableDenial = zones };
            default:
                scope.Error(line, "expected success or denial, then zones");
                return cache;
        }
    }
}

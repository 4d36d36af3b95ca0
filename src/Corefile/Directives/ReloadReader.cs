using NodeDns.Go;

namespace NodeDns.Corefile.Directives;

/// <summary>reload [INTERVAL] [JITTER]</summary>
internal static class ReloadReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        scope.IgnoredBody();
        var interval = ReloadConfig.IntervalDefault;
        var jitter = ReloadConfig.JitterDefault;
        var args = scope.Head.Args;
        if (scope.Count(scope.Head, 0, 2, "expected [INTERVAL] [JITTER]"))
        {
            if (args.Length > 0)
            {
                interval = scope.Duration(scope.Head, 0, interval, "an interval", ReloadConfig.IntervalMinimum);
            }

            if (args.Length > 1 && (!GoDuration.TryParse(args[1].Text, out jitter)
                    || (jitter != TimeSpan.Zero && jitter < ReloadConfig.JitterMinimum)))
            {
                scope.Error(scope.Head, "expected a jitter as a duration, 0s or 1s or more");
            }
        }

        var half = TimeSpan.FromTicks(interval.Ticks / 2);
        return scope.First(block.Reload)
            ? block with { Reload = new(interval, jitter > half ? half : jitter) { At = scope.At } }
            : block;
    }
}

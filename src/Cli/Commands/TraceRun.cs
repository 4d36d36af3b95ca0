using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Cli.Tracing;

namespace NodeDns.Cli.Commands;

/// <summary>Reads lookups from the nodes and hands them over in the order of time, with pods in place of addresses.</summary>
internal static class TraceRun
{
    /// <param name="say">Receives what is missing, from any thread.</param>
    /// <param name="started">Called when the first nodes are being read, or have failed.</param>
    /// <param name="write">Takes the lookups that are due, none too, ten times a second; false when there are enough.</param>
    /// <param name="period">How long, from the start; null for ever.</param>
    /// <returns>true when parts are missing.</returns>
    /// <exception cref="ClusterException">Nothing could be read.</exception>
    public static async Task<bool> RunAsync(
        ApiClient api, Release release, TraceTarget target, IReadOnlyList<string> filter, Action<string> say, Action started,
        Func<IReadOnlyList<(Lookup Lookup, string? Pod)>, Task<bool>> write, TimeSpan? period, CancellationToken cancel)
    {
        using var taps = new NodeTaps(api, release, target, filter, say);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reading = taps.RunAsync(
            () =>
            {
                started();
                end.CancelAfter(period ?? Timeout.InfiniteTimeSpan);
            },
            end.Token);
        try
        {
            await HandOverAsync(taps, write);
        }
        finally
        {
            await end.CancelAsync();
            try
            {
                await reading;
            }
            catch (OperationCanceledException)
            {
                // The time is up, there are enough, or Ctrl-C: it is detached everywhere.
            }
        }

        return taps.IsIncomplete;
    }

    private static async Task HandOverAsync(NodeTaps taps, Func<IReadOnlyList<(Lookup Lookup, string? Pod)>, Task<bool>> write)
    {
        var order = new LookupOrder();
        var waiting = taps.Lookups.WaitToReadAsync().AsTask();
        while (true)
        {
            await Task.WhenAny(waiting, Task.Delay(100));
            var now = TimeProvider.System.GetUtcNow();
            while (taps.Lookups.TryRead(out var lookup))
            {
                order.Add(lookup, now);
            }

            if (!await write(Named(order.Due(now))))
            {
                return;
            }

            if (waiting.IsCompleted)
            {
                if (!await waiting)
                {
                    await write(Named(order.Rest()));
                    return;
                }

                waiting = taps.Lookups.WaitToReadAsync().AsTask();
            }
        }

        List<(Lookup Lookup, string? Pod)> Named(IEnumerable<Lookup> lookups) =>
            [.. lookups.Select(lookup => (lookup, taps.Pods.NameOf(lookup.Client)))];
    }
}

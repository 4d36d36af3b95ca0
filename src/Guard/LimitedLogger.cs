using Microsoft.Extensions.Logging;

namespace NodeDns.Guard;

/// <summary>Limits how often each message is logged, so that nobody can make the guard fill the log. Lines above the
/// limit are counted, and the count is logged.</summary>
internal sealed class LimitedLogger(ILogger inner) : ILogger
{
    /// <summary>The limit for each message. A rollout or a crash loop logs each message a few times.</summary>
    private const int LinesPerMinute = 60;

    private const int MinuteMs = 60_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, Minute> _minutes = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsAllowed(eventId, out var leftOut))
        {
            return;
        }
        if (leftOut > 0)
        {
            inner.Log(logLevel, eventId, leftOut, null, (count, _) => $"{count} more lines like the next were left out");
        }
        inner.Log(logLevel, eventId, state, exception, formatter);
    }

    private bool IsAllowed(EventId message, out int leftOut)
    {
        lock (_gate)
        {
            var nowMs = Environment.TickCount64;
            leftOut = 0;
            if (!_minutes.TryGetValue(message.Id, out var minute) || nowMs - minute.SinceMs >= MinuteMs)
            {
                leftOut = Math.Max(0, (minute?.Lines ?? 0) - LinesPerMinute);
                _minutes[message.Id] = minute = new Minute { SinceMs = nowMs };
            }
            return ++minute.Lines <= LinesPerMinute;
        }
    }

    private sealed class Minute
    {
        public required long SinceMs { get; init; }

        public int Lines { get; set; }
    }
}

using System.Globalization;

namespace NodeDns.Webhook.Telemetry;

/// <summary>Writes each log entry as one line to standard error. The console logger of Microsoft.Extensions.Logging
/// would need a thread, a queue and a formatter for that.</summary>
internal sealed class ConsoleLog(LogLevel minimum, TextWriter output, TimeProvider time) : ILoggerProvider
{
    private readonly Lock _lock = new();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(ConsoleLog log, string category) : ILogger
    {
        /// <summary>Entries of the framework itself are only logged from Warning upwards.</summary>
        private readonly LogLevel _minimum =
            category.StartsWith("Microsoft.", StringComparison.Ordinal) && log.Minimum < LogLevel.Warning
                ? LogLevel.Warning : log.Minimum;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= _minimum && logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            var level = logLevel switch
            {
                LogLevel.Trace or LogLevel.Debug => "debug",
                LogLevel.Information => "info",
                LogLevel.Warning => "warn",
                _ => "error",
            };
            var text = formatter(state, exception);
            if (exception is not null)
            {
                text = $"{text}: {exception}";
            }

            var now = log.Time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            log.Write($"{now} {level} {Printable(text.ReplaceLineEndings(" | "))}");
        }
    }

    /// <summary>A name in a review may be anything: the API server checks it afterwards.</summary>
    private static string Printable(string text) => text.Any(char.IsControl)
        ? string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter))
        : text;

    private LogLevel Minimum => minimum;

    private TimeProvider Time => time;

    private void Write(string line)
    {
        lock (_lock)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }
}

using System.Text;
using Microsoft.Extensions.Logging;

namespace NodeDns.Telemetry;

/// <summary>Writes messages in CoreDNS's format, one line each: <c>[INFO] plugin/reload: …</c>.</summary>
/// <remarks>Each message is one write(2) of a whole line to standard error. Any thread may log.</remarks>
public sealed class StderrLogger : ILoggerFactory
{
    private readonly Lock _gate = new();
    private readonly Stream _output;
    private volatile bool _debug;

    /// <param name="output">Where to write instead of standard error.</param>
    public StderrLogger(Stream? output = null) => _output = output ?? Console.OpenStandardError();

    /// <summary>Whether <c>[DEBUG]</c> lines are written (the debug directive). A reload may change it.</summary>
    public bool Debug
    {
        get => _debug;
        set => _debug = value;
    }

    /// <param name="categoryName">The prefix, <c>plugin/NAME</c>; empty for none.</param>
    public ILogger CreateLogger(string categoryName) =>
        new Named(this, categoryName.Length == 0 ? "" : $"{categoryName}: ");

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("one output only");

    public void Dispose() => _output.Dispose();

    private void Write(string level, string prefix, string message)
    {
        var line = Encoding.UTF8.GetBytes($"[{level}] {prefix}{message.ReplaceLineEndings("\\n")}\n");
        lock (_gate)
        {
            try
            {
                _output.Write(line);
            }
            catch (IOException)
            {
                // The reader of the pipe has gone. A cache must not stop because of that.
            }
        }
    }

    private sealed class Named(StderrLogger owner, string prefix) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) =>
            logLevel >= LogLevel.Information ? logLevel != LogLevel.None : logLevel == LogLevel.Debug && owner.Debug;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            var level = logLevel switch
            {
                LogLevel.Debug => "DEBUG",
                LogLevel.Information => "INFO",
                LogLevel.Warning => "WARNING",
                LogLevel.Error => "ERROR",
                _ => "FATAL",
            };
            var message = formatter(state, exception);
            owner.Write(level, prefix, exception is null ? message : $"{message}: {exception}");
        }
    }
}

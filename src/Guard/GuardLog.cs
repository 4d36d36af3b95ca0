using Microsoft.Extensions.Logging;

namespace NodeDns.Guard;

/// <summary>The guard's log. The guard says little, and a message is written in one place only: at its call
/// site.</summary>
internal sealed partial class GuardLog(ILogger log)
{
    public void Info(string message) => Write(log, LogLevel.Information, message);

    public void Warning(string message) => Write(log, LogLevel.Warning, message);

    public void Error(string message) => Write(log, LogLevel.Error, message);

    [LoggerMessage(Message = "{message}")]
    private static partial void Write(ILogger log, LogLevel level, string message);
}

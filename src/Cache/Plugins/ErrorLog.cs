using System.Globalization;
using Microsoft.Extensions.Logging;
using NodeDns.Corefile;
using NodeDns.Dns.Records;
using NodeDns.Dns.Wire;
using NodeDns.Go;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Plugins;

/// <summary>errors: logs failed queries, either each one or, with <c>consolidate</c>, their number once a
/// period.</summary>
/// <remarks>Any worker calls <see cref="Failed"/>. It is not on the hit path.</remarks>
internal sealed class ErrorLog : IPolled
{
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly Pattern[] _patterns;

    /// <summary>The count of one consolidate line. Guarded by a lock on the object itself.</summary>
    private sealed class Pattern(ErrorConsolidation config)
    {
        public ErrorConsolidation Config => config;

        public int Count { get; set; }

        public long DueTimestamp { get; set; }
    }

    public ErrorLog(ErrorsConfig config, ILogger log, TimeProvider time)
    {
        _log = log;
        _time = time;
        Stacktrace = config.Stacktrace;
        _patterns = [.. config.Consolidate.Select(c => new Pattern(c))];
    }

    /// <summary>Crashes are logged with their stack trace.</summary>
    public bool Stacktrace { get; }

    /// <summary>Periods are checked every second.</summary>
    public TimeSpan Period => _patterns.Length == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(1);

    /// <param name="name">The name in lower-case wire form.</param>
    /// <param name="reason">What happened, and with which upstream.</param>
    public void Failed(Rcode rcode, ReadOnlySpan<byte> name, Qtype type, string reason)
    {
        var nameText = DnsName.ToText(name);
        foreach (var pattern in _patterns)
        {
            if (!pattern.Config.Pattern.IsMatch(reason))
            {
                continue;
            }

            var isFirst = Count(pattern);
            if (isFirst && pattern.Config.ShowFirst)
            {
                var message = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(int)rcode} {nameText} {Mnemonics.TypeName((ushort)type)}: {reason}");
                _log.QueryFailedFirst(LevelOf(pattern.Config.Level), message);
            }
            return;
        }
        _log.QueryFailed((int)rcode, nameText, Mnemonics.TypeName((ushort)type), reason);
    }

    /// <summary>Logs the counts of periods that are over.</summary>
    public bool Poll()
    {
        Say(due => due <= _time.GetTimestamp());
        return false;
    }

    /// <summary>Logs all counts. Called before the process ends or this configuration is replaced.</summary>
    public void Flush() => Say(_ => true);

    private void Say(Func<long, bool> isOver)
    {
        foreach (var pattern in _patterns)
        {
            int count;
            lock (pattern)
            {
                if (pattern.Count == 0 || !isOver(pattern.DueTimestamp))
                {
                    continue;
                }

                count = pattern.Count;
                pattern.Count = 0;
            }
            var config = pattern.Config;
            if (count > 1 || !config.ShowFirst)
            {
                _log.QueriesFailed(LevelOf(config.Level), count, config.Pattern.Source, GoDuration.Text(config.Period));
            }
        }
    }

    /// <returns>true for the first failure of a period.</returns>
    private bool Count(Pattern pattern)
    {
        lock (pattern)
        {
            if (pattern.Count++ > 0)
            {
                return false;
            }

            pattern.DueTimestamp = _time.GetTimestamp()
                + (long)(pattern.Config.Period.TotalSeconds * _time.TimestampFrequency);
            return true;
        }
    }

    private static LogLevel LevelOf(ErrorLevel level) => level switch
    {
        ErrorLevel.Debug => LogLevel.Debug,
        ErrorLevel.Info => LogLevel.Information,
        ErrorLevel.Warning => LogLevel.Warning,
        _ => LogLevel.Error,
    };
}

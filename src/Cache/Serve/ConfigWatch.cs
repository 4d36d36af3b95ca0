using System.Globalization;
using Microsoft.Extensions.Logging;
using NodeDns.Corefile;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Serve;

/// <summary>Loads the configuration and logs its problems, then checks for changes as often as the configuration
/// says.</summary>
/// <param name="loop">The owner's loop. All members belong to its thread.</param>
/// <param name="look">Called when it is time to check.</param>
internal sealed class ConfigWatch(ServeOptions options, CorefileOptions reading, EventLoop loop, ServeMetrics metrics,
    StderrLogger loggers, Action look) : LoopTimer
{
    /// <summary>The period that node-cache uses.</summary>
    private const long KubeDnsPeriodMs = 10_000;

    private readonly ConfigSource _source = new(options, reading);
    private readonly ILogger _log = loggers.CreateLogger("");
    private readonly ILogger _reloadLog = loggers.CreateLogger("plugin/reload");
    private ulong _fingerprint;
    private bool _hasLoaded;

    /// <summary>The fingerprint of the configuration that was loaded last. Equal files have equal fingerprints on all
    /// nodes.</summary>
    public string Fingerprint => _fingerprint.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>True when loading now would read something else than last time.</summary>
    public bool HasChanged => _source.Fingerprint() != _fingerprint;

    /// <returns>null after logging all errors.</returns>
    public CorefileConfig? Load()
    {
        var loaded = _source.Load();
        // Set this even if loading fails, so that a file with errors is read again when it changes, not at every check.
        _fingerprint = loaded.Fingerprint;
        foreach (var problem in loaded.KubeDnsProblems)
        {
            metrics.BadConfigMapEntry();
            _reloadLog.KubeDnsEntryIgnored(options.KubeDnsDirectory!, problem.ToString());
        }
        foreach (var warning in loaded.Corefile.Warnings)
        {
            _log.ConfigurationWarning(warning.ToString());
        }
        foreach (var error in loaded.Corefile.Errors)
        {
            if (_hasLoaded)
            {
                _reloadLog.ReloadFailed(error.ToString());
            }
            else
            {
                _log.CannotStart(error.ToString());
            }
        }
        _hasLoaded |= loaded.Corefile.Config is not null;
        return loaded.Corefile.Config;
    }

    /// <summary>Starts the timer for the next check. The kube-dns ConfigMap is checked even if no block has a reload
    /// directive, as in node-cache.</summary>
    public void Arm(CorefileConfig config)
    {
        var reload = config.Blocks.Select(block => block.Reload).LastOrDefault(known => known is not null);
        var period = reload is null
            ? long.MaxValue
            : (long)(reload.Interval + (Random.Shared.NextDouble() - 0.5) * reload.Jitter).TotalMilliseconds;
        if (options.KubeDnsDirectory is not null)
        {
            period = Math.Min(period, KubeDnsPeriodMs);
        }
        if (period < long.MaxValue)
        {
            loop.Arm(this, period);
        }
    }

    public override void OnTimer() => look();
}

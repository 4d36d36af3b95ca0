using System.Globalization;
using Microsoft.Extensions.Logging;
using NodeDns.Corefile;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Serve;

/// <summary>The configuration on disk: loaded with every problem told, then looked at as often as it says itself.</summary>
/// <param name="loop">The owner's, whose thread all members belong to.</param>
/// <param name="look">Called when it is time to look.</param>
internal sealed class ConfigWatch(ServeOptions options, CorefileOptions reading, EventLoop loop, ServeMetrics metrics,
    StderrLogger loggers, Action look) : LoopTimer
{
    /// <summary>node-cache's own period.</summary>
    private const long KubeDnsPeriodMs = 10_000;

    private readonly ConfigSource _source = new(options, reading);
    private readonly ILogger _log = loggers.CreateLogger("");
    private readonly ILogger _reloadLog = loggers.CreateLogger("plugin/reload");
    private ulong _fingerprint;
    private bool _hasLoaded;

    /// <summary>Of what was loaded last: the same files have the same on every node.</summary>
    public string Fingerprint => _fingerprint.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>What would be loaded now is not what was loaded last.</summary>
    public bool HasChanged => _source.Fingerprint() != _fingerprint;

    /// <returns>null after logging every reason why not.</returns>
    public CorefileConfig? Load()
    {
        var loaded = _source.Load();
        // Remembered whatever comes of it: a bad file is tried again when it changes, not every few seconds.
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

    /// <summary>Looks again as often as the configuration in force says. The kube-dns ConfigMap is looked at even where no
    /// block says reload, as node-cache does.</summary>
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

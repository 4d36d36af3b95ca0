using NodeDns.Cache.Plugins;
using NodeDns.Cache.Store;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Serve;

/// <summary>Runs the periodic work of a model's steps on other threads than the workers': checks files, logs counts,
/// probes for loops.</summary>
/// <param name="loop">The owner's loop. All members belong to its thread.</param>
/// <param name="probes">The loop for loop probes, which send queries to our own workers.</param>
/// <param name="store">Answers that are no longer right are removed from this store.</param>
internal sealed class PluginUpkeep(EventLoop loop, EventLoop probes, AnswerStore store) : IDisposable
{
    /// <summary>How long the end waits for collectors to take what is left.</summary>
    private static readonly TimeSpan s_lastWords = TimeSpan.FromMilliseconds(500);

    private readonly EventLoop _loop = loop;
    private readonly List<PollTimer> _timers = [];
    private readonly List<LoopProbe> _probes = [];
    private ServeModel? _model;

    /// <summary>Works for this model's steps from now on, and no longer for those of another.</summary>
    public void Use(ServeModel model)
    {
        Stop();
        _model = model;
        foreach (var polled in model.Plugins.SelectMany(plugins => plugins.Polled))
        {
            var timer = new PollTimer(this, polled);
            timer.Arm();
            _timers.Add(timer);
        }
        foreach (var dnstap in DnstapOf(model))
        {
            dnstap.Start();
        }

        foreach (var (plugin, server) in model.Loops)
        {
            var probe = new LoopProbe(probes, plugin, server);
            probe.Start();
            _probes.Add(probe);
        }
    }

    /// <summary>Stops working, and waits for what the last model's steps have still to send.</summary>
    public void Dispose()
    {
        var last = _model;
        Stop();
        foreach (var dnstap in last is null ? [] : DnstapOf(last))
        {
            dnstap.Join(s_lastWords);
        }
    }

    /// <summary>Stops working for the model. Its steps log what they have counted, and send what they have left.</summary>
    private void Stop()
    {
        foreach (var timer in _timers)
        {
            _loop.Cancel(timer);
        }

        foreach (var probe in _probes)
        {
            probe.Dispose();
        }

        _timers.Clear();
        _probes.Clear();
        if (_model is null)
        {
            return;
        }

        foreach (var plugins in _model.Plugins)
        {
            plugins.Errors?.Flush();
        }

        foreach (var dnstap in DnstapOf(_model))
        {
            dnstap.Close();
        }

        _model = null;
    }

    private static IEnumerable<DnstapLog> DnstapOf(ServeModel model) => model.Plugins.SelectMany(plugins => plugins.Dnstap);

    /// <summary>Lets a step do its periodic work, and forgets answers that may now be different.</summary>
    internal void Poll(IPolled polled)
    {
        if (polled.Poll() && _model is not null)
        {
            store.Use(_model.Scopes);
        }
    }

    private sealed class PollTimer(PluginUpkeep upkeep, IPolled polled) : LoopTimer
    {
        public void Arm() => upkeep._loop.Arm(this, Math.Max(1, (long)polled.Period.TotalMilliseconds));

        public override void OnTimer()
        {
            upkeep.Poll(polled);
            Arm();
        }
    }
}

using NodeDns.Cache.Plugins;
using NodeDns.Cache.Store;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Serve;

/// <summary>What a model's steps want done off the workers' threads: files looked at, counts said, loops probed.</summary>
/// <param name="loop">The owner's, whose thread all members belong to.</param>
/// <param name="probes">Where loop probes run, which ask our own workers.</param>
/// <param name="store">Where what no longer holds is forgotten.</param>
internal sealed class PluginUpkeep(EventLoop loop, EventLoop probes, AnswerStore store)
{
    private readonly EventLoop _loop = loop;
    private readonly List<PollTimer> _timers = [];
    private readonly List<LoopProbe> _probes = [];
    private ServeModel? _model;

    /// <summary>Looks after this model's steps and no other's.</summary>
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
        foreach (var (plugin, server) in model.Loops)
        {
            var probe = new LoopProbe(probes, plugin, server);
            probe.Start();
            _probes.Add(probe);
        }
    }

    /// <summary>Lets go of the model; what its steps have counted is said.</summary>
    public void Stop()
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

        _model = null;
    }

    /// <summary>Lets a step look now, and forgets the answers that it would have given otherwise.</summary>
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

using NodeDns.Cache.Plugins;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Serve;

/// <summary>What a model's steps want done off the workers' threads: files looked at, counts said, loops probed.</summary>
/// <param name="loop">The owner's, whose thread all members belong to.</param>
/// <param name="probes">Where loop probes run, which ask our own workers.</param>
internal sealed class PluginUpkeep(EventLoop loop, EventLoop probes)
{
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
            var timer = new PollTimer(loop, polled);
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
            loop.Cancel(timer);
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

    private sealed class PollTimer(EventLoop loop, IPolled polled) : LoopTimer
    {
        public void Arm() => loop.Arm(this, Math.Max(1, (long)polled.Period.TotalMilliseconds));

        public override void OnTimer()
        {
            polled.Poll();
            Arm();
        }
    }
}

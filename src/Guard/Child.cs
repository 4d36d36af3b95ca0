using NodeDns.Linux.Interop;

namespace NodeDns.Guard;

/// <summary>Runs the cache as a child of the guard (--spawn): starts it once there are sockets, and restarts it when it
/// ends.</summary>
internal sealed class Child
{
    private const int RetryMs = 500;

    private readonly GuardParts _parts;
    private readonly GuardMachine _machine;
    private readonly Caches _caches;
    private readonly CacheProcess _process;
    private readonly LoopAction _again;
    private readonly Action _onEnded;

    public Child(GuardParts parts, GuardMachine machine, Caches caches, Action onEnded)
    {
        _parts = parts;
        _machine = machine;
        _caches = caches;
        _onEnded = onEnded;
        _process = new CacheProcess(parts.Loop, parts.Options.Spawn!, parts.Options.ServeUserId, OnEnded);
        _again = new LoopAction(Start);
    }

    public bool IsRunning => _process.IsRunning;

    public void Signal(int signal) => _process.Signal(signal);

    /// <summary>Starts the child if a cache is wanted and none is running or about to be restarted.</summary>
    public void Keep(Duties duties)
    {
        if (duties.Admits && !_process.IsRunning && !_again.IsArmed)
        {
            Start();
        }
    }

    private void Start()
    {
        if (_process.IsRunning || _machine.IsEnding || _machine.State == GuardState.Claiming)
        {
            return;
        }
        try
        {
            _process.Start();
        }
        catch (SyscallException failure)
        {
            _parts.Metrics.Problem(GuardProblem.NotStarted(failure.Message));
            _parts.Loop.Arm(_again, RetryMs);
        }
    }

    private void OnEnded(int code)
    {
        if (!_machine.IsEnding)
        {
            _parts.Metrics.Problem(GuardProblem.CacheEnded(code));
            _parts.Loop.Arm(_again, _caches.CountDeath(crashed: code != 0));
        }
        _onEnded();
    }
}

using NodeDns.Linux.Loop;

namespace NodeDns.Guard;

/// <summary>A timer that runs a delegate; for the guard's few timers, which are not on the hit path.</summary>
internal sealed class LoopAction(Action action) : LoopTimer
{
    public override void OnTimer() => action();
}

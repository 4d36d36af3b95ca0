using NodeDns.Linux.Loop;

namespace NodeDns.Guard;

/// <summary>A timer that calls a delegate. Only for the guard's few timers, none of which is on the hit path.</summary>
internal sealed class LoopAction(Action action) : LoopTimer
{
    public override void OnTimer() => action();
}

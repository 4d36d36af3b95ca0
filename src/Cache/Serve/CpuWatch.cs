using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Serve;

/// <summary>Keeps in force what the container may use, because a pod's CPU limit can be changed while it runs
/// (kubernetes.io/docs: "Resize CPU and Memory Resources assigned to Containers").</summary>
internal sealed class CpuWatch(EventLoop loop, string cgroupRoot, int workers) : LoopTimer
{
    private const int PeriodMs = 10_000;

    public CpuAllowance Allowance { get; } = new(WorkerCount.Usable(cgroupRoot, workers));

    public void Start() => loop.Arm(this, PeriodMs);

    public override void OnTimer()
    {
        Allowance.Processors = WorkerCount.Usable(cgroupRoot, workers);
        Start();
    }
}

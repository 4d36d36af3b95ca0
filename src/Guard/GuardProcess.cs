using System.Runtime.InteropServices;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;

namespace NodeDns.Guard;

/// <summary>Runs one <see cref="Guard"/> as a process, with its log, metrics, HTTP pages and signals.</summary>
public static class GuardProcess
{
    /// <summary>Runs a guard until SIGTERM or SIGINT.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(GuardOptions options)
    {
        using var output = new StderrLogger();
        var log = new GuardLog(new LimitedLogger(output.CreateLogger("guard")));
        if (UnixListener.Check(options.HandoverPath) is { } problem)
        {
            log.CannotStart($"--handover {problem}");
            return 1;
        }
        var metrics = new GuardMetrics(new MetricRegistry(), log);
        using var loop = new EventLoop();
        using var tap = new RelayTap(options.TapPath, options.ServeUserId);
        if (tap.Problem is { } notOpened)
        {
            log.TapNotOpened(options.TapPath!, notOpened);
        }

        using var guard = new Guard(new GuardParts(options, loop, metrics, log, tap));
        // This guard's pages stay silent on the shared ports while an old guard still answers there.
        using var pages = new GuardEndpoint(options, guard, metrics);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        guard.Start();
        loop.Run();
        return 0;

        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            loop.Post(guard.Stop);
        }
    }
}

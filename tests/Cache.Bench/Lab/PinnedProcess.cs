using System.Diagnostics;

namespace NodeDns.Bench.Lab;

/// <summary>A program running on one processor until disposed, its output in a log file.</summary>
internal sealed class PinnedProcess : IDisposable
{
    private readonly Process _process;
    private readonly string _log;

    private PinnedProcess(Process process, string log) => (_process, _log) = (process, log);

    public ProcessStatistics Statistics => new(_process.Id);

    /// <summary>Starts it. The shell and taskset replace themselves, so the process id is the program's own.</summary>
    public static PinnedProcess Start(int core, string folder, IEnumerable<string> command)
    {
        var log = Path.Combine(folder, "log");
        string[] before = ["-c", "log=$1; core=$2; shift 2; exec taskset -c $core \"$@\" </dev/null >\"$log\" 2>&1", "sh"];
        var start = new ProcessStartInfo("/bin/sh", [.. before, log, core.ToString(), .. command])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
        };
        return new PinnedProcess(Process.Start(start)!, log);
    }

    /// <summary>Waits until a name is answered NOERROR on the port.</summary>
    /// <exception cref="BenchException">It was not within ten seconds; carries the end of the log.</exception>
    public PinnedProcess WhenAnswering(int port, string qname)
    {
        if (!Readiness.Wait(port, qname, TimeSpan.FromSeconds(10), () => _process.HasExited))
        {
            throw new BenchException($"does not answer on port {port}: {LogEnd()}");
        }

        return this;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.WaitForExit();
        _process.Dispose();
    }

    private string LogEnd() => string.Join(" / ", File.ReadLines(_log).TakeLast(4));
}

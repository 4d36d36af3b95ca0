using System.Diagnostics;
using NodeDns.Linux.Interop;

namespace NodeDns.Node.Tests.Lab;

/// <summary>A started program, its output kept, ended with the test.</summary>
public sealed class RunningProgram : IDisposable
{
    private const int SIGSTOP = 19;

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly string _label;
    private readonly long _started = Stopwatch.GetTimestamp();

    public RunningProgram(string label, IEnumerable<string> command)
    {
        _label = label;
        var list = command.ToList();
        _process = Process.Start(new ProcessStartInfo(list[0], list.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.OutputDataReceived += (_, e) => Take(e.Data);
        _process.ErrorDataReceived += (_, e) => Take(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public double AgeMs => Stopwatch.GetElapsedTime(_started).TotalMilliseconds;

    public string Output
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Waits until a line contains the text.</summary>
    public void WaitFor(string text, int seconds = 15)
    {
        var deadline = Stopwatch.GetTimestamp() + seconds * Stopwatch.Frequency;
        lock (_lines)
        {
            while (!_lines.Any(line => line.Contains(text, StringComparison.Ordinal)))
            {
                var left = (deadline - Stopwatch.GetTimestamp()) * 1000 / Stopwatch.Frequency;
                if (left <= 0 || (_process.HasExited && !Monitor.Wait(_lines, 200)))
                {
                    throw new InvalidOperationException($"{_label} has not said '{text}' in {seconds} s, but:\n{string.Join('\n', _lines)}");
                }
                Monitor.Wait(_lines, (int)Math.Min(left, 200));
            }
        }
    }

    public int Count(string text)
    {
        lock (_lines)
        {
            return _lines.Count(line => line.Contains(text, StringComparison.Ordinal));
        }
    }

    public void Signal(int signal) => Libc.Kill(_process.Id, signal);

    /// <summary>Sends SIGSTOP and waits until every thread stands still: while none has taken the signal, all run on.</summary>
    public void Freeze()
    {
        Signal(SIGSTOP);
        Assert.True(SpinWait.SpinUntil(() => HasExited || IsStill(), 15_000), $"{_label} does not stand still");
    }

    public void WaitForExit(int seconds = 15)
    {
        if (!_process.WaitForExit(seconds * 1000))
        {
            throw new InvalidOperationException($"{_label} has not ended in {seconds} s:\n{Output}");
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            // With its children, which hold its output open.
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit(5000);
        }
        _process.Dispose();
    }

    private bool IsStill()
    {
        try
        {
            return Directory.GetDirectories($"/proc/{_process.Id}/task")
                .All(thread => File.ReadAllText($"{thread}/status").Contains("\nState:\tT", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            // One of them has just ended.
            return false;
        }
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }
        lock (_lines)
        {
            _lines.Add($"{Stopwatch.GetElapsedTime(_started).TotalMilliseconds,7:0} {_label} {line}");
            Monitor.PulseAll(_lines);
        }
    }
}

using System.Diagnostics;

namespace NodeDns.Demo;

/// <summary>One of our two programs, started as an operator would; stopped with the demo.</summary>
internal sealed class ChildProgram : IDisposable
{
    private const int StartSeconds = 20;

    private readonly string _name;
    private readonly Process _process;
    private readonly List<string> _errors = [];

    private ChildProgram(string name, Process process)
    {
        _name = name;
        _process = process;
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    /// <summary>Starts a native program, or a .dll by the dotnet command.</summary>
    public static ChildProgram Start(string name, string program, params string[] arguments)
    {
        var managed = program.EndsWith(".dll", StringComparison.Ordinal);
        var start = new ProcessStartInfo(managed ? "dotnet" : program, managed ? [program, .. arguments] : arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        return new ChildProgram(name, Process.Start(start)!);
    }

    /// <summary>Polls until the program does its work; gives up with what it printed when it exits or takes too long.</summary>
    public async Task WaitUntil(Func<Task<bool>> works)
    {
        var waited = Stopwatch.StartNew();
        while (!await works())
        {
            if (_process.HasExited || waited.Elapsed > TimeSpan.FromSeconds(StartSeconds))
            {
                var how = _process.HasExited ? $"exited with code {_process.ExitCode}" : $"did not start in {StartSeconds} s";
                lock (_errors)
                {
                    throw new DemoException($"{_name} {how}:{Environment.NewLine}{string.Join(Environment.NewLine, _errors)}");
                }
            }
            await Task.Delay(50);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_errors)
        {
            if (line is not null)
            {
                _errors.Add(line);
            }
        }
    }
}

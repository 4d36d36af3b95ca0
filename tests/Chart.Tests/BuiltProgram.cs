using System.Diagnostics;

namespace NodeDns.Chart.Tests;

/// <summary>A program, mostly one of ours as it was built beside the tests, that runs until it is disposed.</summary>
internal sealed class BuiltProgram : IDisposable
{
    private readonly Process _process;

    public BuiltProgram(string path, params string[] arguments)
    {
        _process = Tool.Start(path, arguments);
        _process.StandardInput.Close();
        _process.OutputDataReceived += (_, line) => Said += line.Data + "\n";
        _process.ErrorDataReceived += (_, line) => Said += line.Data + "\n";
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it has printed so far.</summary>
    public string Said { get; private set; } = "";

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}

using System.Diagnostics;
using System.Globalization;

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

    /// <summary>Its most resident memory so far, by the kernel's own account.</summary>
    public long PeakResidentBytes => 1024 * File.ReadLines($"/proc/{_process.Id}/status")
        .Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)).Single();

    /// <summary>Ends it at once, as a node that fails does.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }
}

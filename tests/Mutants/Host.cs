using System.Diagnostics;
using System.Threading.Channels;

namespace NodeDns.Mutants;

/// <summary>One running test suite of the copy, which is told what to run. Started when needed.</summary>
internal sealed class Host(string program) : IDisposable
{
    /// <summary>What a mutant may leave behind in the process (threads, timers) is not kept for long.</summary>
    private const int MaxRequests = 60;

    private Process? _process;
    private Channel<string> _answers = Channel.CreateUnbounded<string>();
    private int _requests;

    /// <param name="patience">The longest time from one line to the next.</param>
    /// <param name="note">Gets each line before the last one.</param>
    /// <returns>The last line's word; "crashed" when the process ended, "late" when it was ended for taking too long.</returns>
    public async Task<string> Ask(string request, TimeSpan patience, Action<string>? note = null)
    {
        if (_requests++ >= MaxRequests)
        {
            Dispose();
        }
        _process ??= Start();
        using var late = new CancellationTokenSource(patience);
        try
        {
            await _process.StandardInput.WriteLineAsync(request);
            await _process.StandardInput.FlushAsync(late.Token);
            while (await _answers.Reader.WaitToReadAsync(late.Token))
            {
                var line = await _answers.Reader.ReadAsync(late.Token);
                if (line.StartsWith("done ", StringComparison.Ordinal))
                {
                    return line[5..];
                }
                note?.Invoke(line);
                late.CancelAfter(patience);
            }
        }
        catch (OperationCanceledException)
        {
            Dispose();
            return "late";
        }
        catch (IOException)
        {
            // Its end of the pipe is closed: it has ended.
        }
        Dispose();
        return "crashed";
    }

    public void Dispose()
    {
        _process?.Kill(entireProcessTree: true);
        _process?.Dispose();
        _process = null;
        _requests = 0;
    }

    private Process Start()
    {
        var process = Process.Start(new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(program),
        })!;
        var answers = Channel.CreateUnbounded<string>();
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                answers.Writer.TryComplete();
            }
            else
            {
                answers.Writer.TryWrite(line.Data);
            }
        };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _answers = answers;
        return process;
    }
}

using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace NodeDns.Cache.Scenarios.Differential.Files;

/// <summary>Has the real CoreDNS read server blocks without serving them: behind them stands a block whose directive, the
/// last that CoreDNS reads, is wrong. A start that fails by that one has read all others.</summary>
internal sealed partial class CoreDnsReading(string program, string folder)
{
    private const string Trap = "trap.invalid:5399 {\nview\n}\n";
    private int _files;

    /// <summary>What CoreDNS says against a snippet; null when it takes it.</summary>
    public async Task<string?> Refusal(Snippet snippet)
    {
        var (_, said) = await Read([snippet]);
        return said;
    }

    /// <summary>Those of the snippets that CoreDNS refuses, with what it says: all are read at once, and again without
    /// the one that was refused, or by halves where CoreDNS does not say which it was.</summary>
    public async Task<Dictionary<Snippet, string>> Refused(IReadOnlyList<Snippet> snippets)
    {
        var left = snippets.ToList();
        var refused = new Dictionary<Snippet, string>();
        while (left.Count > 0 && await Read(left) is (var index, { } said))
        {
            if (index < 0 && left.Count > 1)
            {
                var halves = await Task.WhenAll(Refused(left[..(left.Count / 2)]), Refused(left[(left.Count / 2)..]));
                return refused.Concat(halves[0]).Concat(halves[1]).ToDictionary();
            }
            refused.Add(left[Math.Max(index, 0)], said);
            left.RemoveAt(Math.Max(index, 0));
        }
        return refused;
    }

    private async Task<(int Index, string? Said)> Read(List<Snippet> snippets)
    {
        var path = Path.Combine(folder, $"read-{Interlocked.Increment(ref _files)}.conf");
        var starts = new List<int>();
        var text = new StringBuilder();
        var lines = 1;
        for (var i = 0; i < snippets.Count; i++)
        {
            starts.Add(lines);
            var block = snippets[i].Block(i);
            text.Append(block);
            lines += block.Count(c => c == '\n');
        }
        await File.WriteAllTextAsync(path, text.Append(Trap).ToString());
        using var process = Process.Start(new ProcessStartInfo(program, ["-conf", path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        })!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            await output;
            var said = (await errors).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .LastOrDefault(line => !line.StartsWith("maxprocs:", StringComparison.Ordinal)) ?? "";
            if (said.StartsWith("plugin/view:", StringComparison.Ordinal))
            {
                return (-1, null);
            }
            var line = LineOf().Match(said) is { Success: true } at ? int.Parse(at.Groups[1].Value, null) : 0;
            return (line == 0 ? -1 : starts.FindLastIndex(start => start <= line), said);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"CoreDNS did not stop at the trap: {File.ReadAllText(path)}");
        }
    }

    [GeneratedRegex(@"\.conf:(\d+)")]
    private static partial Regex LineOf();
}

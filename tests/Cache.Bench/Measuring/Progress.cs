namespace NodeDns.Bench.Measuring;

/// <summary>What the terminal shows while the run goes on: one line that is overwritten, and what is worth keeping.
/// Without a terminal only the latter.</summary>
internal sealed class Progress
{
    private readonly bool _live = !Console.IsOutputRedirected;
    private readonly long _start = TimeProvider.System.GetTimestamp();

    public void Say(string what)
    {
        if (_live)
        {
            Console.Write($"\r\e[K{Elapsed()} {what}");
        }
    }

    public void Warn(string what) => Keep($"! {what}");

    public void Done(string title, IEnumerable<(string Peer, Series Series)> rows)
    {
        Keep(title);
        foreach ((var peer, var series) in rows.Where(r => !r.Series.IsEmpty).OrderBy(r => r.Series.Cpu.Median))
        {
            var note = series.IsWrong ? $"  wrong: {series.Bad} bad, {series.Lost} lost" : series.IsNoisy ? "  noisy" : "";
            Keep($"    {peer,-30} {series.Cpu.Median,7:0.00} µs  ({series.Cpu.Low:0.00}-{series.Cpu.High:0.00}, n={series.Cpu.Count}){note}");
        }
    }

    private void Keep(string line) => Console.WriteLine(_live ? $"\r\e[K{Elapsed()} {line}" : $"{Elapsed()} {line}");

    private string Elapsed() => $"[{TimeProvider.System.GetElapsedTime(_start):mm\\:ss}]";
}

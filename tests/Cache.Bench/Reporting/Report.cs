using NodeDns.Bench.Measuring;
using NodeDns.Bench.Peers;

namespace NodeDns.Bench.Reporting;

/// <summary>What a run found, ready to be shown: on the terminal, as JSON, as a page with a plot.</summary>
internal sealed record Report(Plan Plan, Machine Machine, IReadOnlyList<Peer> Peers, Measurements Found, Sizes Sizes, KernelTable? Kernel)
{
    public IReadOnlyList<Bar> Bars { get; } = [.. Bar.Of(Found, Sizes), .. KernelTable.Bars(Kernel)];

    public IReadOnlyList<string[]> Rows =>
        [.. Found.Started.OrderBy(p => Found.CpuUs(Plan.HitSaturated, p.Key) ?? double.MaxValue).Select(p => Row.Of(p, Found))];

    public static readonly string[] BarHeading = ["figure", "measured", "must be at most", "of", "verdict"];

    public IReadOnlyList<string[]> BarRows =>
        [.. Bars.Select(b => new[] { b.Figure, b.Value?.ToString(b.Format, null) ?? "-", b.Target.ToString(b.Format, null), b.Against, b.Verdict })];

    public void Print()
    {
        Console.WriteLine();
        foreach (var line in TextTable.Plain(Row.Heading, Rows))
        {
            Console.WriteLine(line);
        }

        Console.WriteLine();
        foreach (var line in TextTable.Plain(BarHeading, BarRows))
        {
            Console.WriteLine(line);
        }

        if (FloodTable.IsMeasured(this))
        {
            Console.WriteLine();
            foreach (var line in TextTable.Plain(FloodTable.Heading(this), FloodTable.Rows(this)))
            {
                Console.WriteLine(line);
            }
        }

        foreach ((var peer, var why) in Found.Missing)
        {
            Console.WriteLine($"{peer}: {why}");
        }

        foreach ((var figure, var work) in Found.Managed)
        {
            Console.WriteLine(work is null
                ? $"{figure}: the cache does not export dotnet_gc_collections_total and dotnet_gc_allocated_bytes_total"
                : $"{figure}: {work.Collections} collections, {work.AllocatedBytesPerMillion:0} bytes allocated a million answers");
        }
    }
}

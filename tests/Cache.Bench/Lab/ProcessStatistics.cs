using System.Globalization;

namespace NodeDns.Bench.Lab;

/// <summary>What the kernel counts of one process, read from /proc.</summary>
internal readonly record struct ProcessStatistics(int Pid)
{
    /// <summary>Time on a processor of all its threads, in nanoseconds, user and system. Without
    /// IRQ_TIME_ACCOUNTING this includes the softirq work done in its context: on loopback, the delivery of what it
    /// sends. A thread that ends takes its time with it; servers keep theirs.</summary>
    public long CpuNanoseconds()
    {
        long sum = 0;
        foreach (var thread in Directory.GetDirectories($"/proc/{Pid}/task"))
        {
            sum += long.Parse(File.ReadAllText($"{thread}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);
        }

        return sum;
    }

    public long ResidentBytes()
    {
        foreach (var line in File.ReadLines($"/proc/{Pid}/status"))
        {
            if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
            {
                return 1024 * long.Parse(line["VmRSS:".Length..].Replace("kB", ""), CultureInfo.InvariantCulture);
            }
        }

        throw new BenchException($"process {Pid} has ended");
    }
}

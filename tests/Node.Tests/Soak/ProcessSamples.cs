using System.Globalization;
using NodeDns.Node.Tests.Lab;

namespace NodeDns.Node.Tests.Soak;

/// <summary>What the processes of one role (guard, cache) hold while they live: one after the other, since each may be
/// killed or relieved.</summary>
internal sealed class ProcessSamples(string role)
{
    private readonly List<Sample> _samples = [];

    private static readonly (string What, Func<Sample, double> Of)[] s_figures =
    [
        ("KiB resident", s => s.ResidentKiB), ("descriptors", s => s.Descriptors), ("threads", s => s.Threads),
    ];

    public void Take(RunningProgram program)
    {
        try
        {
            _samples.Add(new Sample(program.Id, program.AgeMs / 3_600_000,
                long.Parse(Status(program, "VmRSS"), CultureInfo.InvariantCulture),
                Directory.GetFileSystemEntries($"/proc/{program.Id}/fd").Length,
                int.Parse(Status(program, "Threads"), CultureInfo.InvariantCulture)));
        }
        catch (IOException)
        {
            // It has ended in the meantime.
        }
    }

    /// <summary>The most of each figure, and by how much it grows in an hour of a process's life.</summary>
    public IEnumerable<string> Lines() => s_figures.Select(figure =>
        $"{role}: at most {_samples.Max(figure.Of):0} {figure.What}, {Growth(figure.Of):+0;-0;0} an hour");

    /// <summary>What grows from the first third of the run to the last by more than its share and some slack.</summary>
    /// <param name="connections">Those that clients keep open: a guard has both ends of each that came while it
    /// relayed.</param>
    public IEnumerable<string> Grown(int connections) => s_figures.Zip([8192.0, 32 + (2 * connections), 4])
        .Where(pair => Median(pair.First.Of, last: true) > 1.25 * Median(pair.First.Of, last: false) + pair.Second)
        .Select(pair => $"{role}: {pair.First.What} grew from {Median(pair.First.Of, last: false):0} to {Median(pair.First.Of, last: true):0}");

    private double Median(Func<Sample, double> of, bool last)
    {
        var third = _samples.Count / 3;
        var sorted = (last ? _samples.TakeLast(third) : _samples.Take(third)).Select(of).Order().ToList();
        return sorted[sorted.Count / 2];
    }

    /// <summary>The slope of the straight lines, one for each process, that fit best and are parallel, without what a
    /// start needs.</summary>
    private double Growth(Func<Sample, double> of)
    {
        const double startHours = 20.0 / 3600;
        var (upper, lower) = (0.0, 0.0);
        foreach (var process in _samples.Where(sample => sample.AgeHours > startHours).GroupBy(sample => sample.Process))
        {
            var (age, value) = (process.Average(s => s.AgeHours), process.Average(of));
            upper += process.Sum(s => (s.AgeHours - age) * (of(s) - value));
            lower += process.Sum(s => (s.AgeHours - age) * (s.AgeHours - age));
        }
        return lower == 0 ? 0 : upper / lower;
    }

    private static string Status(RunningProgram program, string field) => File.ReadLines($"/proc/{program.Id}/status")
        .FirstOrDefault(line => line.StartsWith(field + ":", StringComparison.Ordinal))
        ?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [_, var value, ..] ? value : throw new IOException(field);

    private sealed record Sample(int Process, double AgeHours, double ResidentKiB, double Descriptors, double Threads);
}

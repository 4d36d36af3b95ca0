using System.Globalization;

namespace NodeDns.Node.Tests.Lab;

/// <summary>A memory cgroup, v1 or v2, as a container with a limit has.</summary>
public sealed class MemoryLimit : IDisposable
{
    private static int s_count;
    private readonly bool _isV1 = Directory.Exists("/sys/fs/cgroup/memory");
    private readonly string _folder;

    public MemoryLimit(int mebibytes)
    {
        var root = _isV1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
        _folder = Path.Combine(root, $"ndt{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}");
        var limit = Path.Combine(_folder, _isV1 ? "memory.limit_in_bytes" : "memory.max");
        Directory.CreateDirectory(_folder);
        if (!File.Exists(limit))
        {
            Dispose();
            Assert.Skip($"no memory controller at {root}");
        }
        File.WriteAllText(limit, ((long)mebibytes << 20).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The most that was in use so far; the page cache of files counts too until it is in the way.</summary>
    public long PeakMiB => long.Parse(
        File.ReadAllText(Path.Combine(_folder, _isV1 ? "memory.max_usage_in_bytes" : "memory.peak")),
        CultureInfo.InvariantCulture) >> 20;

    /// <summary>Processes that the kernel has killed here.</summary>
    public int OomKills => File.ReadAllLines(Path.Combine(_folder, _isV1 ? "memory.oom_control" : "memory.events"))
        .Where(line => line.StartsWith("oom_kill ", StringComparison.Ordinal))
        .Select(line => int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture)).Single();

    /// <summary>The command, in the cgroup from its first page on.</summary>
    public IEnumerable<string> Wrap(IEnumerable<string> command) =>
        ["sh", "-c", $"echo $$ >{_folder}/cgroup.procs && exec \"$@\"", "sh", .. command];

    /// <summary>Whatever is still in it goes to the parent.</summary>
    public void Dispose()
    {
        var procs = Path.Combine(_folder, "cgroup.procs");
        foreach (var process in File.Exists(procs) ? File.ReadAllLines(procs) : [])
        {
            try
            {
                File.WriteAllText(Path.Combine(_folder, "..", "cgroup.procs"), process);
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }
        Directory.Delete(_folder);
    }
}

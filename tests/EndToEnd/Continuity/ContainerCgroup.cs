using System.Globalization;
using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Continuity;

/// <summary>The memory cgroup of a container, where the node is this machine (eng/cluster). So are its processes.</summary>
internal sealed record ContainerCgroup(string Folder)
{
    public static ContainerCgroup? Find(string ns, string pod, string container)
    {
        var status = Kubectl.Json("get", "pod", "-n", ns, pod)["status"]!["containerStatuses"]!.AsArray()
            .Single(c => (string)c!["name"]! == container)!;
        var id = ((string)status["containerID"]!).Split("//")[1];
        var root = Directory.Exists("/sys/fs/cgroup/memory") ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
        var found = Directory.EnumerateDirectories(root, id, SearchOption.AllDirectories).FirstOrDefault();
        return found is null ? null : new ContainerCgroup(found);
    }

    /// <summary>The container's processes, by their ids on this machine.</summary>
    public string[] Processes() => File.ReadAllLines(Path.Combine(Folder, "cgroup.procs"));

    /// <summary>
    /// The kernel's OOM killer ends the container's process. cgroup v2 does it as soon as the limit is below what is in
    /// use. v1 refuses such a limit, so it is set 4 MiB above, and a neighbour in the cgroup takes 16 MiB for a moment;
    /// of the two the kernel picks the one with the higher oom_score_adj.
    /// </summary>
    public void KillByMemory()
    {
        var v2 = Path.Combine(Folder, "memory.max");
        if (File.Exists(v2))
        {
            File.WriteAllText(v2, "1");
            return;
        }

        foreach (var pid in Processes())
        {
            File.WriteAllText($"/proc/{pid}/oom_score_adj", "1000");
        }

        var used = long.Parse(File.ReadAllText(Path.Combine(Folder, "memory.usage_in_bytes")), CultureInfo.InvariantCulture);
        File.WriteAllText(Path.Combine(Folder, "memory.limit_in_bytes"), (used + (4 << 20)).ToString(CultureInfo.InvariantCulture));
        // Whatever is left in the cgroup of a dead container is killed with it, the neighbour too.
        Tool.Run("bash", "-c",
            "echo 0 >/proc/self/oom_score_adj; echo $$ >\"$1/cgroup.procs\"; head -c 16M /dev/zero | tail -c 16M >/dev/null", "-", Folder);
    }
}

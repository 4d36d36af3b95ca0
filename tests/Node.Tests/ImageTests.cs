using NodeDns.Linux.Interop;
using NodeDns.Node.Tests.Lab;
using NodeDns.Testing.Shell;

namespace NodeDns.Node.Tests;

/// <summary>The guard with nothing around it but its image's files.</summary>
[Collection("node")]
public sealed class ImageTests(ITestOutputHelper output) : IDisposable
{
    private readonly NodeLab _lab = new(output);

    public void Dispose() => _lab.Dispose();

    /// <summary>iptables-legacy: the only kind there is without nf_tables, which needs CAP_NET_RAW and a lock to write.</summary>
    [Fact]
    public void On_a_kernel_without_nftables_the_images_own_iptables_makes_the_rules_and_takes_them_away()
    {
        var guard = StartInImage("/without-nftables", "--host-accept", "on");
        guard.WaitFor("this kernel has no nf_tables");
        guard.WaitFor("the node is set up");
        Assert.Equal((12, 8), CountRules("iptables-legacy", "ip6tables-legacy"));
        Assert.Equal("0", _lab.Metric("nodedns_guard_errors_total{reason=\"rules\"}"));
        _lab.StartServe();
        NodeLab.WaitForService(guard);
        Assert.Contains("10.1.2.3", _lab.Dig("legacy.example."), StringComparison.Ordinal);
        guard.Signal(Libc.SIGTERM);
        guard.WaitForExit();
        Assert.Equal((0, 0), CountRules("iptables-legacy", "ip6tables-legacy"));
    }

    [Fact]
    public void With_nftables_the_images_own_iptables_makes_the_rules_and_takes_them_away()
    {
        var guard = StartInImage("", "--host-accept", "on", "--rules", "iptables");
        guard.WaitFor("the node is set up");
        Assert.Equal((12, 8), CountRules("iptables-nft", "ip6tables-nft"));
        guard.Signal(Libc.SIGTERM);
        guard.WaitForExit();
        Assert.Equal((0, 0), CountRules("iptables-nft", "ip6tables-nft"));
    }

    /// <summary>NOTRACK rules, and ACCEPT rules, of the guard.</summary>
    private (int, int) CountRules(params string[] programs)
    {
        var rules = programs.SelectMany(program =>
            _lab.Node.Run($"{program} -t raw -S; {program} -t filter -S").Split('\n'))
            .Where(line => line.Contains("node-dns-cache guard", StringComparison.Ordinal)).ToList();
        return (rules.Count(line => line.Contains("NOTRACK", StringComparison.Ordinal)
                || line.Contains("--notrack", StringComparison.Ordinal)),
            rules.Count(line => line.EndsWith("ACCEPT", StringComparison.Ordinal)));
    }

    /// <summary>As the chart's container with guard.rules=iptables: the root read-only, /proc and the lock mounted.</summary>
    private RunningProgram StartInImage(string wrapper, params string[] flags)
    {
        Assert.SkipWhen(NodeLab.Program.Count > 1, "the image holds the NativeAOT program: artifacts/bin/node-dns-cache");
        var root = Path.Combine(_lab.Folder, "root");
        NetworkNamespace.Sh($"arch=$(dpkg --print-architecture) && {Tool.Checkout}/eng/image/packages $arch {_lab.Folder}/packages "
            + $"&& {Tool.Checkout}/eng/image/root cache $arch {_lab.Folder}/packages {root} {NodeLab.Program[0]} "
            + $"&& mkdir -p {root}/proc {root}/run/lab "
            + $"&& touch {root}/run/xtables.lock {_lab.Folder}/xtables.lock "
            + $"&& clang -static -O1 -o {root}/without-nftables {Tool.Checkout}/tests/Node.Tests/Lab/without-nftables.c");
        string[] mounts =
        [
            $"mount --bind {root} {root}", $"mount -t proc proc {root}/proc", $"mount --bind {_lab.Folder} {root}/run/lab",
            $"mount --bind {_lab.Folder}/xtables.lock {root}/run/xtables.lock", $"mount -o remount,bind,ro {root}",
        ];
        return _lab.Start("guard-a",
        [
            "sh", "-c", $"{string.Join(" && ", mounts)} && exec \"$@\"", "sh", "setpriv", "--bounding-set",
            "-all,+net_admin,+net_bind_service,+net_raw,+sys_chroot", "--inh-caps", "-all", "chroot", root,
            .. wrapper.Split(' ', StringSplitOptions.RemoveEmptyEntries), "/node-dns-cache", "guard",
            "--address", NodeLab.LocalAddress, "--address", NodeLab.LocalAddress6, "--cluster-dns", NodeLab.ClusterDns,
            "--handover", "/run/lab/a/handover.sock", "--workers", "2", "--exit-mode", "teardown", .. flags,
        ]);
    }
}

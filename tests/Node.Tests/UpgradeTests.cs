using NodeDns.Cache.Interop.Linux;
using NodeDns.Node.Tests.Lab;

namespace NodeDns.Node.Tests;

/// <summary>The next pod's guard takes the sockets from the old one's, while a pod asks a thousand times a
/// second.</summary>
[Collection("node")]
public sealed class UpgradeTests(ITestOutputHelper output) : IDisposable
{
    private readonly NodeLab _lab = new(output);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Ten_upgrades_between_two_protocol_versions_lose_no_lookup()
    {
        // The old program speaks version 1 at most, the new one 2: old, new, old, new…
        var (guard, serve) = _lab.StartPair("--handover-max-version", "1");
        var load = _lab.Load();
        for (var upgrade = 1; upgrade <= 10; upgrade++)
        {
            string[] flags = upgrade % 2 == 0 ? ["--handover-max-version", "1"] : [];
            var nextGuard = _lab.StartGuard($"{upgrade}", flags);
            var nextServe = _lab.StartServe($"{upgrade}");
            nextGuard.WaitFor("the old guard is relieved");
            guard.WaitFor("relieved by the next guard");
            // kubelet ends both containers of the old pod at once.
            serve.Signal(Libc.SIGTERM);
            guard.Signal(Libc.SIGTERM);
            guard.WaitForExit();
            Assert.Equal(0, guard.ExitCode);
            (guard, serve) = (nextGuard, nextServe);
        }
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "ten upgrades, old to new to old");
        Assert.Contains(NodeLab.LocalAddress, _lab.Node.Run("ip addr show nodelocaldns"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_new_cache_starts_with_the_entries_of_the_old()
    {
        _lab.StartPair();
        Assert.Contains("10.1.2.3", _lab.Dig("warm.example."), StringComparison.Ordinal);
        var next = _lab.StartGuard("b");
        next.WaitFor("taken over from the old guard");
        _lab.StartServe("b");
        next.WaitFor("the old guard is relieved");
        // Only what the old cache knew can be answered now.
        _lab.StopClusterDns();
        Assert.Contains("10.1.2.3", _lab.Dig("warm.example."), StringComparison.Ordinal);
        Assert.DoesNotContain("10.1.2.3", _lab.Dig("cold.example."), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_guard_that_dies_half_way_changes_nothing()
    {
        var (guard, _) = _lab.StartPair();
        var load = _lab.Load();
        var next = _lab.StartGuard("b");
        next.WaitFor("taken over from the old guard");
        next.Signal(Libc.SIGKILL);
        next.WaitForExit();
        NodeLab.Pass(2);
        _lab.AssertNothingLost(load, "half-finished hand-over");
        Assert.Equal("1", _lab.Metric("nodedns_guard_errors_total{reason=\"handover\"}"));
        Assert.Equal(0, guard.Count("relieved"));
    }

    [Fact]
    public void A_new_version_whose_cache_dies_after_the_hand_over_loses_no_lookup()
    {
        var (guard, _) = _lab.StartPair();
        var load = _lab.Load();
        var next = _lab.StartGuard("b");
        var nextServe = _lab.StartServe("b");
        guard.WaitFor("relieved by the next guard");
        NodeLab.Pass(0.5);
        nextServe.Signal(Libc.SIGKILL);
        nextServe.WaitForExit();
        next.WaitFor("relaying");
        NodeLab.Pass(2);
        _lab.StartServe("b");
        _lab.WaitUntil(() => next.Count("serves") == 2, "the next cache serves");
        NodeLab.Pass(0.5);
        _lab.AssertNothingLost(load, "a new version's cache dies after the hand-over");
    }

    [Fact]
    public void A_guard_that_starts_while_another_leaves_opens_sockets_of_its_own()
    {
        var (guard, serve) = _lab.StartPair();
        serve.Signal(Libc.SIGTERM);
        serve.WaitForExit();
        guard.Signal(Libc.SIGTERM);
        guard.WaitFor("leaving: refuse");
        var next = _lab.StartGuard("b");
        _lab.StartServe("b");
        NodeLab.WaitForService(next);
        guard.WaitForExit();
        Assert.Contains("10.1.2.3", _lab.Dig("after.example."), StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_pod_guards_again_when_its_successor_vanishes()
    {
        var (guard, _) = _lab.StartPair();
        var load = _lab.Load();
        var next = _lab.StartGuard("b");
        var nextServe = _lab.StartServe("b");
        guard.WaitFor("relieved by the next guard");
        // Its cache is told to finish: one that is killed, or a relay, takes with it what it has read.
        next.Signal(Libc.SIGKILL);
        guard.WaitFor("guarding again");
        nextServe.Signal(Libc.SIGTERM);
        nextServe.WaitForExit();
        _lab.WaitUntil(() => guard.Count("serves") == 2, "the old cache serves again");
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "successor vanishes after the hand-over");
    }

    [Fact]
    public void A_pod_that_is_deleted_and_made_anew_loses_no_lookup_with_exit_mode_flip()
    {
        var (guard, serve) = _lab.StartPair("--exit-mode", "flip");
        var load = _lab.Load();
        NodeLab.Pass(1);
        serve.Signal(Libc.SIGTERM);
        guard.Signal(Libc.SIGTERM);
        guard.WaitForExit();
        serve.WaitForExit();
        NodeLab.Pass(1);
        var next = _lab.StartGuard("b", "--exit-mode", "flip");
        _lab.StartServe("b");
        NodeLab.WaitForService(next);
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "pod deleted, 1 s without any pod, exit mode flip");
    }
}

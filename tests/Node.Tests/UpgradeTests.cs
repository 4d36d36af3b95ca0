using NodeDns.Linux.Interop;
using NodeDns.Node.Tests.Lab;
using NodeDns.Testing;
using NodeDns.Testing.Shell;

namespace NodeDns.Node.Tests;

/// <summary>The next pod's guard takes the sockets from the old one's, while a pod asks a thousand times a
/// second.</summary>
[Collection("node")]
public sealed class UpgradeTests(ITestOutputHelper output) : IDisposable
{
    private readonly NodeLab _lab = new(output);
    private int _pods;

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Ten_upgrades_between_two_protocol_versions_lose_no_lookup() =>
        // The old program speaks version 1 at most, the new one 2: old, new, old, new…
        UpgradeTenTimes("ten upgrades, protocol 1 to 2 to 1", isOld => StartPod(isOld ? ["--handover-max-version", "1"] : []));

    [Fact]
    public void Ten_upgrades_between_two_builds_lose_no_lookup()
    {
        Assert.SkipWhen(NodeLab.OtherProgram is null, "eng/other-build has not made another build");
        UpgradeTenTimes("ten upgrades, from an earlier build to this one and back", isOld =>
        {
            _lab.Build = isOld ? NodeLab.OtherProgram! : NodeLab.Program;
            return StartPod();
        });
    }

    private void UpgradeTenTimes(string what, Func<bool, (RunningProgram Guard, RunningProgram Serve)> start)
    {
        var (guard, serve) = start(true);
        NodeLab.WaitForService(guard);
        var load = _lab.Load();
        for (var upgrade = 1; upgrade <= 10; upgrade++)
        {
            var (nextGuard, nextServe) = start(upgrade % 2 == 0);
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
        _lab.AssertNothingLost(load, what);
        Assert.Contains(NodeLab.LocalAddress, _lab.Node.Run("ip addr show nodelocaldns"), StringComparison.Ordinal);
    }

    private (RunningProgram Guard, RunningProgram Serve) StartPod(params string[] guardFlags)
    {
        var pod = $"{++_pods}";
        return (_lab.StartGuard(pod, guardFlags), _lab.StartServe(pod));
    }

    /// <summary>Builds that write the entries in different versions begin empty, and answer.</summary>
    [Theory]
    [InlineData("this build", "this build", true)]
    [InlineData("the other build", "this build", false)]
    [InlineData("this build", "the other build", false)]
    public void The_new_cache_starts_with_the_entries_of_the_old(string old, string next, bool isWarm)
    {
        UseBuild(old);
        _lab.StartPair();
        Assert.Contains("10.1.2.3", _lab.Dig("warm.example."), StringComparison.Ordinal);
        UseBuild(next);
        var nextGuard = _lab.StartGuard("b");
        nextGuard.WaitFor("taken over from the old guard");
        _lab.StartServe("b");
        nextGuard.WaitFor("the old guard is relieved");
        if (!isWarm)
        {
            Assert.Contains("10.1.2.3", _lab.Dig("warm.example."), StringComparison.Ordinal);
        }
        // Only what the cache knows can be answered now.
        _lab.StopClusterDns();
        Assert.Contains("10.1.2.3", _lab.Dig("warm.example."), StringComparison.Ordinal);
        Assert.DoesNotContain("10.1.2.3", _lab.Dig("cold.example."), StringComparison.Ordinal);
    }

    [Fact]
    public void Entries_age_while_they_wait_for_a_cache_that_comes_late()
    {
        _lab.Upstream!.Otherwise = question => FakeAnswer.With($"{question.Name} 6 IN A 10.1.2.3");
        _lab.StartPair();
        Assert.Contains("10.1.2.3", _lab.Dig("warm.example."), StringComparison.Ordinal);
        var nextGuard = _lab.StartGuard("b");
        nextGuard.WaitFor("taken over from the old guard");
        NodeLab.Pass(7);
        _lab.Upstream!.Otherwise = question => FakeAnswer.With($"{question.Name} 6 IN A 10.4.5.6");
        _lab.StartServe("b");
        nextGuard.WaitFor("the old guard is relieved");
        Assert.Contains("10.4.5.6", _lab.Dig("warm.example."), StringComparison.Ordinal);
    }

    /// <summary>They are memory of the old cache's container, and age.</summary>
    [Fact]
    public void The_old_guard_keeps_no_entries_when_the_new_one_is_taken_back()
    {
        var (guard, _) = _lab.StartPair();
        Assert.Contains("10.1.2.3", _lab.Dig("warm.example."), StringComparison.Ordinal);
        var next = _lab.StartGuard("b");
        next.WaitFor("taken over from the old guard");
        _lab.WaitUntil(() => HoldsEntries(next), "the new guard has the entries");
        next.Signal(Libc.SIGTERM);
        next.WaitForExit();
        Assert.False(HoldsEntries(guard));
    }

    private static bool HoldsEntries(RunningProgram guard) =>
        Tool.Run("sh", "-c", $"ls -l /proc/{guard.Id}/fd").Output.Contains("node-dns-cache entries", StringComparison.Ordinal);

    private void UseBuild(string build)
    {
        var isThis = build == "this build";
        Assert.SkipWhen(!isThis && NodeLab.OtherProgram is null, "eng/other-build has not made another build");
        _lab.Build = isThis ? NodeLab.Program : NodeLab.OtherProgram!;
    }

    /// <summary>The file of entries is memory of the old cache's container, and what reads it of the new one's.</summary>
    [Fact]
    public void Entries_of_a_full_store_fit_into_the_containers_beside_it()
    {
        // What values.yaml asks for: 64 MiB above the budget.
        const string budget = "64Mi";
        using var oldLimit = new MemoryLimit(128);
        using var nextLimit = new MemoryLimit(128);
        _lab.WriteCorefile(NodeLab.Corefile().Replace(NodeLab.ClusterDns, $"{NodeLab.ClusterDns} {{\n force_tcp\n }}",
            StringComparison.Ordinal));
        var text = string.Join(' ', Enumerable.Repeat($"\"{new string('x', 250)}\"", 60));
        _lab.Upstream!.Otherwise = question => FakeAnswer.With($"{question.Name} 3600 IN {(question.Type == 16 ? $"TXT {text}" : "A 10.1.2.3")}");
        var guard = _lab.StartGuard();
        var serve = _lab.StartServeIn(oldLimit, "a", "--memory", budget);
        NodeLab.WaitForService(guard);
        _lab.Fill(4500);
        for (var asked = 0; asked < 2; asked++)
        {
            Assert.Contains("10.1.2.3", _lab.Dig("hot.example."), StringComparison.Ordinal);
        }
        _lab.Print($"a full store of {budget}: {oldLimit.PeakMiB} MiB at most");

        var next = _lab.StartGuard("b");
        next.WaitFor("taken over from the old guard");
        var nextServe = _lab.StartServeIn(nextLimit, "b", "--memory", budget);
        guard.WaitFor("relieved by the next guard");
        _lab.Print($"upgrade of a full store of {budget}: old {oldLimit.PeakMiB} MiB, new {nextLimit.PeakMiB} MiB at most");
        Assert.Equal((0, 0), (oldLimit.OomKills, nextLimit.OomKills));
        Assert.False(serve.HasExited || nextServe.HasExited);
        _lab.StopClusterDns();
        Assert.Contains("10.1.2.3", _lab.Dig("hot.example."), StringComparison.Ordinal);
    }

    /// <summary>A crash, and a roll-back of a version whose cache never got ready.</summary>
    [Theory]
    [InlineData(Libc.SIGKILL)]
    [InlineData(Libc.SIGTERM)]
    public void A_new_guard_that_ends_half_way_changes_nothing(int signal)
    {
        var (guard, _) = _lab.StartPair();
        var load = _lab.Load();
        var next = _lab.StartGuard("b");
        next.WaitFor("taken over from the old guard");
        next.Signal(signal);
        next.WaitForExit();
        NodeLab.Pass(2);
        Assert.Equal("1", _lab.Metric("nodedns_guard_errors_total{reason=\"handover\"}"));
        Assert.Equal(0, guard.Count("relieved"));
        // And the version after that finds the old guard as the first one did.
        var third = _lab.StartGuard("c");
        _lab.StartServe("c");
        guard.WaitFor("relieved by the next guard");
        third.WaitFor("taken over from the old guard");
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, $"half-finished hand-over (signal {signal}), then a whole one");
    }

    /// <summary>kubelet asks the guards of both pods at one port. A new pod that looked ready because the old guard has
    /// answered would be rolled out to every node; an old one that looked unready, because the new guard has, would be
    /// deleted at once (DaemonSet, maxSurge).</summary>
    [Fact]
    public void Of_two_guards_at_one_health_port_the_one_whose_cache_serves_answers()
    {
        var (guard, _) = _lab.StartPair();
        _lab.WaitUntil(() => Readyz() == "200", "the old pod is ready");
        var next = _lab.StartGuard("b");
        next.WaitFor("taken over from the old guard");
        NodeLab.Pass(0.5);
        Assert.All(Enumerable.Range(0, 30), _ => Assert.Equal("200", Readyz()));
        Assert.Equal(0, _lab.Ready("a").ExitCode);
        var notYet = _lab.Ready("b");
        Assert.Equal(1, notYet.ExitCode);
        Assert.Contains("no cache is serving", notYet.Error, StringComparison.Ordinal);

        _lab.StartServe("b");
        guard.WaitFor("relieved by the next guard");
        _lab.WaitUntil(() => _lab.Ready("b").ExitCode == 0, "the new pod is ready");
        // A connection that the old guard accepted a moment before it gave the port away still gets the old guard's answer.
        _lab.WaitUntil(() => Readyz() == "200", "the new pod answers at the health port");
        Assert.All(Enumerable.Range(0, 30), _ => Assert.Equal("200", Readyz()));
        Assert.Equal(1, _lab.Ready("a").ExitCode);

        // Gone again: the old pod is asked again, and says the truth.
        next.Signal(Libc.SIGKILL);
        guard.WaitFor("guarding again");
        _lab.WaitUntil(() => Readyz() == "200", "the old pod is ready again");
        Assert.Equal(0, _lab.Ready("a").ExitCode);
        Assert.Equal(1, _lab.Ready("b").ExitCode);
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
        var (guard, serve) = _lab.StartPair("--exit-mode", "refuse");
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
    public void A_guard_that_is_told_to_stop_waits_for_the_next_ones_cache_as_long_as_linger_says()
    {
        var (guard, _) = _lab.StartPair("--linger", "1s");
        var next = _lab.StartGuard("b");
        next.WaitFor("taken over from the old guard");
        guard.Signal(Libc.SIGTERM);
        guard.WaitFor("waiting up to 1 s for the next guard's cache");
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

    /// <summary>A roll-back in the middle of a rollout: the new pod is deleted and the old one still there.</summary>
    [Theory]
    [InlineData("this build")]
    [InlineData("the other build")]
    public void A_new_pod_that_is_deleted_while_the_old_one_lives_gives_the_node_back(string newBuild)
    {
        var (guard, _) = _lab.StartPair();
        UseBuild(newBuild);
        var next = _lab.StartGuard("b");
        var nextServe = _lab.StartServe("b");
        guard.WaitFor("relieved by the next guard");
        NodeLab.WaitForService(next);
        var load = newBuild == "this build" ? _lab.Load() : null;
        NodeLab.Pass(0.5);
        nextServe.Signal(Libc.SIGTERM);
        next.Signal(Libc.SIGTERM);
        next.WaitForExit();
        nextServe.WaitForExit();
        _lab.WaitUntil(() => guard.Count("serves") == 2, "the old cache serves again");
        NodeLab.Pass(1);
        if (load is not null)
        {
            _lab.AssertNothingLost(load, "new pod deleted after the hand-over");
        }
        // One that has made the shared sockets refuse as it left, as earlier builds do: they are opened again.
        Assert.Contains("10.1.2.3", _lab.Dig("after.example."), StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_pod_that_restarts_in_place_and_is_deleted_then_gives_the_node_back()
    {
        var (guard, serve) = _lab.StartPair();
        var next = _lab.StartGuard("b");
        _lab.StartServe("b");
        guard.WaitFor("relieved by the next guard");
        NodeLab.WaitForService(next);
        foreach (var container in new[] { guard, serve })
        {
            container.Signal(Libc.SIGKILL);
            container.WaitForExit();
        }
        guard = _lab.StartGuard();
        serve = _lab.StartServe();
        next.WaitFor("relieved by the next guard");
        NodeLab.WaitForService(guard);
        var load = _lab.Load();
        NodeLab.Pass(0.5);
        serve.Signal(Libc.SIGTERM);
        guard.Signal(Libc.SIGTERM);
        guard.WaitForExit();
        serve.WaitForExit();
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "old pod restarts in place, takes over, and is deleted");
    }

    private string Readyz() =>
        _lab.Node.Run("curl -s -o /dev/null -w %{http_code} http://127.0.0.1:9255/readyz || true").Trim();
}

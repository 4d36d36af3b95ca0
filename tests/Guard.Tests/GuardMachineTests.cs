using CsCheck;

namespace NodeDns.Guard.Tests;

/// <summary>The table of states holds what it promises, whatever happens in whatever order: every socket in a group is
/// read or relayed, an intercepted address is ours or kube-proxy's, ready means answered.</summary>
public sealed class GuardMachineTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Every_sequence_of_four_events_holds_the_invariants(int predecessorSockets)
    {
        foreach (var events in Sequences(4))
        {
            Play(predecessorSockets, events);
        }
    }

    [Fact]
    public void Long_random_sequences_hold_the_invariants() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, FakeNode.EventCount - 1].Array[1, 80])
            .Sample(run => Play(run.Item1, run.Item2), iter: 20_000);

    [Fact]
    public void Every_state_is_met_with_every_trust_that_it_can_have()
    {
        var met = new HashSet<(GuardState, CacheTrust)>();
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, FakeNode.EventCount - 1].Array[1, 80]).Sample(
            run => Play(run.Item1, run.Item2, node => { lock (met) { met.Add((node.Machine.State, node.Machine.Trust)); } }),
            iter: 20_000);
        Assert.Superset(
            new HashSet<(GuardState, CacheTrust)>(
            [
                (GuardState.Claiming, CacheTrust.Absent),
                .. Enum.GetValues<CacheTrust>().Select(trust => (GuardState.Guarding, trust)),
                (GuardState.Relieved, CacheTrust.Absent),
                (GuardState.Relieved, CacheTrust.Distrusted),
                (GuardState.Stopping, CacheTrust.Absent),
                (GuardState.Stopping, CacheTrust.Serving),
            ]),
            met);
    }

    /// <summary>The old pod has the node again, and the new one stays unready: the rollout stops at its first node.</summary>
    [Fact]
    public void A_new_version_that_answers_wrongly_gives_the_node_back()
    {
        var node = new FakeNode(predecessorSockets: 1);
        Do(node, "the old guard gives its sockets", "a cache that answers wrongly takes the sockets", "the cache is ready");
        Assert.Equal(GuardState.Guarding, node.Machine.State);
        Do(node, "three probes fail");
        Assert.Equal(GuardState.Relieved, node.Machine.State);
        Assert.NotNull(node.Machine.Duties.NotReady);
        Do(node, "the cache is mended", "the time without trust is over", "the old guard gives its sockets", "a probe is answered");
        Assert.Equal(GuardState.Guarding, node.Machine.State);
        Assert.Null(node.Machine.Duties.NotReady);
    }

    [Fact]
    public void A_cache_that_has_proved_itself_keeps_the_node_when_it_answers_wrongly_later()
    {
        var node = new FakeNode(predecessorSockets: 0);
        Do(node, "sockets are opened", "a cache takes the sockets and wants more", "the cache is ready", "a probe is answered");
        for (var i = 0; i < GuardMachine.ToleratedFailures; i++)
        {
            node.Machine.ProbeFailed();
        }
        Assert.Equal(CacheTrust.Serving, node.Machine.Trust);
        node.Machine.ProbeFailed();
        Assert.Equal((GuardState.Guarding, CacheTrust.Distrusted), (node.Machine.State, node.Machine.Trust));
    }

    [Fact]
    public void After_its_wrong_answers_a_cache_is_tried_with_a_single_probe()
    {
        var node = new FakeNode(predecessorSockets: 0);
        Do(node, "sockets are opened", "a cache that answers wrongly takes the sockets", "the cache is ready", "three probes fail",
            "the time without trust is over");
        Assert.Equal(CacheTrust.Fresh, node.Machine.Trust);
        node.Machine.ProbeFailed();
        Assert.Equal(CacheTrust.Distrusted, node.Machine.Trust);
    }

    [Fact]
    public void What_is_answered_while_the_sockets_are_being_claimed_proves_nothing()
    {
        var node = new FakeNode(predecessorSockets: 1);
        Do(node, "the old guard gives its sockets", "a cache that answers wrongly takes the sockets", "the cache is ready", "three probes fail",
            "the time without trust is over", "the old guard dies", "the cache is mended");
        Assert.Equal(GuardState.Claiming, node.Machine.State);
        node.Machine.ProbeAnswered();
        Assert.NotEqual(CacheTrust.Serving, node.Machine.Trust);
    }

    [Fact]
    public void A_guard_that_was_told_to_stop_leaves_when_the_next_one_goes_without_having_taken_over()
    {
        var node = new FakeNode(predecessorSockets: 0);
        Do(node, "sockets are opened", "a cache takes the sockets and wants more", "the cache is ready",
            "the next guard takes the sockets", "the guard is told to stop");
        Assert.Equal((GuardState.Stopping, false), (node.Machine.State, node.HasEnded));
        Do(node, "the next guard dies");
        Assert.True(node.HasEnded);
    }

    [Fact]
    public void A_relieved_guard_takes_the_node_back_from_the_one_that_relieved_it_and_from_no_other()
    {
        var node = new FakeNode(predecessorSockets: 0);
        Do(node, "sockets are opened", "a cache takes the sockets and wants more", "the cache is ready",
            "the next guard takes the sockets", "the next guard's cache serves");
        node.Machine.SuccessorTook();
        node.Machine.SuccessorGone(hadRelieved: false);
        Assert.Equal(GuardState.Relieved, node.Machine.State);
        Do(node, "the next guard dies");
        Assert.Equal(GuardState.Guarding, node.Machine.State);
    }

    private static void Do(FakeNode node, params string[] names)
    {
        foreach (var name in names)
        {
            var number = Enumerable.Range(0, FakeNode.EventCount).Single(i => FakeNode.NameOf(i) == name);
            Assert.True(node.Happens(number), $"cannot happen now: {name}");
            Assert.Null(node.Broken());
        }
    }

    private static void Play(int predecessorSockets, IEnumerable<int> events, Action<FakeNode>? onStep = null)
    {
        var node = new FakeNode(predecessorSockets);
        var told = new List<string>();
        foreach (var number in events)
        {
            if (!node.Happens(number))
            {
                continue;
            }
            told.Add(FakeNode.NameOf(number));
            onStep?.Invoke(node);
            if (node.Broken() is { } broken)
            {
                Assert.Fail($"{broken}: state {node.Machine.State}, trust {node.Machine.Trust}, after\n"
                    + string.Join('\n', told));
            }
        }
    }

    private static IEnumerable<int[]> Sequences(int length)
    {
        var numbers = new int[length];
        while (true)
        {
            yield return numbers;
            var at = 0;
            while (at < length && ++numbers[at] == FakeNode.EventCount)
            {
                numbers[at++] = 0;
            }
            if (at == length)
            {
                yield break;
            }
        }
    }
}

using System.Globalization;
using System.Net.Sockets;
using NodeDns.Linux.Interop;
using NodeDns.Node.Tests.Lab;
using NodeDns.Testing;
using NodeDns.Testing.Messages;

namespace NodeDns.Node.Tests;

/// <summary>guard --kernel-answers: hot names are answered at the pod's interface, as the cache would.</summary>
[Collection("node")]
public sealed class KernelAnswersTests : IDisposable
{
    private const string On = "--kernel-answers=auto";
    private const int SIGSTOP = 19;
    private const int SIGCONT = 18;

    private readonly NodeLab _lab;

    public KernelAnswersTests(ITestOutputHelper output) =>
        _lab = new NodeLab(output) { Capabilities = "-all,+net_admin,+net_bind_service,+bpf" };

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("tcx", NodeLab.LocalAddress)]
    [InlineData("clsact", NodeLab.LocalAddress)]
    [InlineData("tcx", NodeLab.LocalAddress6)]
    public void A_hot_name_is_answered_in_the_kernel_with_the_octets_of_the_socket(string way, string address)
    {
        _lab.Address = $"{NodeLab.LocalAddress},{NodeLab.LocalAddress6}";
        Start($"--kernel-answers={way}");
        using var both = new BothWays(_lab, address);
        var query = DnsMessage.Query("Hot.Example.", "A", 7).ToBytes();

        Warm(both, query);
        var before = Answered();
        var (fromPod, fromNode) = (both.FromPod(query), both.FromNode(query));

        Assert.Equal(before + 1, Answered());
        Assert.Equal(Hex(fromNode), Hex(fromPod));
        Assert.Equal("10.1.2.3", Assert.Single(DnsMessage.Parse(fromPod).Answer).Data);
    }

    /// <summary>Where a sender leaves checksums to its device, nobody looks at them.</summary>
    [Theory]
    [InlineData(NodeLab.LocalAddress)]
    [InlineData(NodeLab.LocalAddress6)]
    public void Its_checksums_are_right_for_a_pod_that_makes_its_own(string address)
    {
        _lab.Address = $"{NodeLab.LocalAddress},{NodeLab.LocalAddress6}";
        _lab.Pod.Run("ethtool -K eth0 tx off rx off");
        Start();
        using var both = new BothWays(_lab, address);
        foreach (var name in new[] { "odd.example.", "even.example.", "a.very.long.name.with.many.labels.example." })
        {
            foreach (var size in new ushort?[] { null, 1232 })
            {
                var message = DnsMessage.Query(name, "A", 7);
                message.Edns = size is { } octets ? new DnsEdns(octets) : null;
                var query = message.ToBytes();
                Warm(both, query);
                Assert.Equal(Hex(both.FromNode(query)), Hex(both.FromPod(query)));
            }
        }
    }

    [Theory]
    [InlineData("DO")]
    [InlineData("CD")]
    [InlineData("TCP")]
    [InlineData("an option")]
    [InlineData("another version of EDNS")]
    [InlineData("another class")]
    [InlineData("another opcode")]
    [InlineData("octets after the message")]
    [InlineData("IP options")]
    [InlineData("too large without OPT")]
    [InlineData("another address")]
    public void Other_questions_go_on_to_the_socket(string what)
    {
        _lab.Upstream!.On("large.example.", "A", FakeAnswer.With([.. Enumerable.Range(1, 32).Select(i => $"large.example. 60 IN A 192.0.2.{i}")]));
        Start();
        using var both = new BothWays(_lab);
        Warm(both, DnsMessage.Query("hot.example.", "A", 7).ToBytes());
        var large = DnsMessage.Query("large.example.", "A", 7);
        large.Edns = new DnsEdns(1232);
        Warm(both, large.ToBytes());
        var before = Answered();

        Ask();

        Assert.Equal(before, Answered());

        void Ask()
        {
            var query = DnsMessage.Query("hot.example.", "A", 7);
            switch (what)
            {
                case "DO":
                    query.Edns = new DnsEdns(1232, Do: true);
                    break;
                case "CD":
                    query.Cd = true;
                    break;
                case "TCP":
                    Assert.Contains("10.1.2.3", _lab.Dig("hot.example.", flags: "+tcp"), StringComparison.Ordinal);
                    return;
                case "an option":
                    Assert.Contains("10.1.2.3", _lab.Dig("hot.example.", flags: "+edns +nsid"), StringComparison.Ordinal);
                    return;
                case "another version of EDNS":
                    query.Edns = new DnsEdns(1232, Do: false, Version: 1);
                    break;
                case "another class":
                    query.Question = new DnsQuestion("hot.example.", "A", "CH");
                    break;
                case "another opcode":
                    query.Opcode = 4;
                    break;
                case "octets after the message":
                    Assert.Equal(both.FromNode([.. query.ToBytes(), 1, 2, 3]), both.FromPod([.. query.ToBytes(), 1, 2, 3]));
                    return;
                case "IP options":
                    // A no-operation and the end of the list.
                    both.Pod.SetRawSocketOption(0, 4, [1, 1, 1, 0]);
                    break;
                case "too large without OPT":
                    query = DnsMessage.Query("large.example.", "A", 7);
                    break;
                case "another address":
                    Assert.Contains("10.1.2.3", _lab.Dig("hot.example.", NodeLab.ClusterDns), StringComparison.Ordinal);
                    return;
            }
            Assert.Equal(Hex(both.FromNode(query.ToBytes())), Hex(both.FromPod(query.ToBytes())));
        }
    }

    [Fact]
    public void Its_answers_are_counted_as_if_the_cache_had_given_them()
    {
        _lab.Upstream!.On("no.example.", "A", FakeAnswer.Denial("NXDOMAIN", "example. 300 IN SOA ns.example. host.example. 1 7200 900 86400 300"));
        Start(On, "", "--probe-interval=0s");
        using var both = new BothWays(_lab);
        var yes = DnsMessage.Query("yes.example.", "A", 7).ToBytes();
        var no = DnsMessage.Query("no.example.", "A", 7).ToBytes();
        Warm(both, yes);
        Warm(both, no);
        string[] metrics =
        [
            "nodedns_cache_kernel_answers_total", "coredns_cache_hits_total", "coredns_cache_requests_total",
            "coredns_dns_requests_total", "coredns_dns_responses_total", "coredns_dns_request_duration_seconds_count",
            "coredns_dns_request_size_bytes_count", "coredns_dns_response_size_bytes_count",
        ];
        var before = metrics.Select(metric => Sum(metric)).ToList();
        var denials = Sum("coredns_cache_hits_total", "type=\"denial\"");
        var noNames = Sum("coredns_dns_responses_total", "rcode=\"NXDOMAIN\"");
        var size = Sum("coredns_dns_response_size_bytes_sum");

        for (var i = 0; i < 100; i++)
        {
            both.FromPod(yes);
            both.FromPod(no);
        }

        Assert.Equal(before.Select(count => count + 200), metrics.Select(metric => Sum(metric)));
        Assert.Equal(denials + 100, Sum("coredns_cache_hits_total", "type=\"denial\""));
        Assert.Equal(noNames + 100, Sum("coredns_dns_responses_total", "rcode=\"NXDOMAIN\""));
        Assert.Equal(size + 100 * (both.FromPod(yes).Length + both.FromPod(no).Length), Sum("coredns_dns_response_size_bytes_sum")
            - both.FromPod(yes).Length - both.FromPod(no).Length);
    }

    [Fact]
    public void An_answer_ends_with_its_TTL()
    {
        _lab.Upstream!.On("short.example.", "A", FakeAnswer.With("short.example. 2 IN A 192.0.2.1"));
        Start();
        using var both = new BothWays(_lab);
        var query = DnsMessage.Query("short.example.", "A", 7).ToBytes();
        Warm(both, query);
        var before = Answered();
        _lab.WaitUntil(
            () =>
            {
                for (var i = 0; i < 50; i++)
                {
                    Assert.InRange(DnsMessage.Parse(both.FromPod(query)).Answer[0].TtlSeconds, 1u, 2u);
                }
                return _lab.Upstream.CountOf("short.example.", "A") >= 4;
            },
            "it was asked of cluster DNS again and again", 30);
        Assert.True(Answered() > before);
    }

    /// <summary>Prefetch sees the kernel's hits, and its window belongs to the cache.</summary>
    [Fact]
    public void A_popular_answer_is_refreshed_before_it_ends()
    {
        _lab.Upstream!.On("popular.example.", "A", FakeAnswer.With("popular.example. 6 IN A 192.0.2.1"));
        WriteCorefile();
        File.WriteAllText(_lab.CorefilePath, File.ReadAllText(_lab.CorefilePath)
            .Replace("cache 3600", "cache 3600 {\n prefetch 20 60s 50%\n}", StringComparison.Ordinal));
        StartPair(On);
        using var both = new BothWays(_lab);
        var query = DnsMessage.Query("popular.example.", "A", 7).ToBytes();
        Warm(both, query);
        for (var i = 0; i < 15; i++)
        {
            // Enough for prefetch, and nearly all of them unseen by the cache.
            both.FromPod(query);
        }
        var misses = Sum("coredns_cache_misses_total");
        _lab.WaitUntil(
            () =>
            {
                both.FromPod(query);
                return Sum("coredns_cache_prefetch_total") >= 3;
            },
            "three refreshes", 30);
        Assert.Equal(misses, Sum("coredns_cache_misses_total"));
    }

    [Theory]
    [InlineData("log")]
    [InlineData("loadbalance")]
    [InlineData("minimal")]
    [InlineData("acl {\n allow net 10.0.0.0/8\n}")]
    [InlineData("rewrite name other.example. hot.example.")]
    [InlineData("template IN TXT other.example. {\n answer \"{{ .Name }} 60 IN TXT x\"\n}")]
    [InlineData("dns64")]
    [InlineData("dnstap /nowhere.sock")]
    public void A_reload_takes_out_what_a_step_has_to_see(string directive)
    {
        var (_, serve) = Start();
        using var both = new BothWays(_lab);
        var query = DnsMessage.Query("hot.example.", "A", 7).ToBytes();
        Warm(both, query);

        WriteCorefile(directive);
        serve.WaitFor("Reloading complete");
        Assert.Equal("0", Gauge("nodedns_cache_kernel_copies"));
        var before = Answered();
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(Hex(both.FromNode(query)), Hex(both.FromPod(query)));
        }
        Assert.Equal(before, Answered());
        Assert.Equal("0", Gauge("nodedns_cache_kernel_copies"));
        if (directive == "log")
        {
            Assert.True(serve.Count("A IN hot.example.") >= 100, _lab.Logs());
        }
    }

    [Fact]
    public void After_a_reload_the_new_upstream_answers_at_once()
    {
        _lab.Dns.Run("ip addr add 10.0.0.3/24 dev eth0");
        _lab.StartClusterDns("10.0.0.3").Otherwise = question => FakeAnswer.With($"{question.Name} 60 IN A 192.0.2.33");
        var (_, serve) = Start();
        using var both = new BothWays(_lab);
        var query = DnsMessage.Query("hot.example.", "A", 7).ToBytes();
        Warm(both, query);
        _lab.WriteCorefile(File.ReadAllText(_lab.CorefilePath).Replace("forward . 10.0.0.2", "forward . 10.0.0.3", StringComparison.Ordinal));
        serve.WaitFor("Reloading complete");
        Assert.Equal("192.0.2.33", DnsMessage.Parse(both.FromPod(query)).Answer[0].Data);
    }

    [Theory]
    [InlineData("tcx", NodeLab.LocalAddress, "10.244.7.2,10.244.8.0/24")]
    [InlineData("clsact", NodeLab.LocalAddress6, "fd00:7::/64")]
    public void A_tap_of_one_client_leaves_the_others_to_the_kernel(string way, string address, string clients)
    {
        _lab.Address = $"{NodeLab.LocalAddress},{NodeLab.LocalAddress6}";
        var tap = StartWithTap($"--kernel-answers={way}");
        using var watched = new BothWays(_lab, address, _lab.AddPod("pod1", 7));
        using var other = new BothWays(_lab, address);
        var query = DnsMessage.Query("hot.example.", "A", 7).ToBytes();
        _lab.WaitUntil(() => ProgramsAt("pod1") == 1, "the program is at the new interface");
        Warm(watched, query);

        var trace = _lab.Start("trace", [.. NodeLab.Program, "trace", "--tap", tap, "--client", clients]);
        _lab.WaitUntil(
            () =>
            {
                watched.FromPod(query);
                return trace.Count("hot.example.") > 0;
            },
            "the reader sees the client's lookups");
        var (seen, before) = (trace.Count("hot.example."), Answered());
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(Hex(other.FromPod(query)[..12]), Hex(watched.FromPod(query)[..12]));
        }
        Assert.Equal(before + 50, Answered());
        _lab.WaitUntil(() => trace.Count("hot.example.") >= seen + 50, "the reader sees each of them");

        trace.Signal(Libc.SIGKILL);
        trace.WaitForExit();
        Warm(watched, query);
    }

    [Fact]
    public void While_somebody_reads_the_tap_the_cache_sees_every_lookup()
    {
        var tap = StartWithTap(On);
        using var both = new BothWays(_lab);
        var query = DnsMessage.Query("hot.example.", "A", 7).ToBytes();
        Warm(both, query);

        var trace = _lab.Start("trace", [.. NodeLab.Program, "trace", "--tap", tap]);
        _lab.WaitUntil(
            () =>
            {
                both.FromPod(query);
                return trace.Count("hot.example.") > 0;
            },
            "the reader sees the name");
        var before = Answered();
        for (var i = 0; i < 50; i++)
        {
            both.FromPod(query);
        }
        Assert.Equal(before, Answered());
        trace.Signal(Libc.SIGKILL);
        trace.WaitForExit();
        Warm(both, query);
    }

    [Fact]
    public void A_pods_interface_that_appears_late_gets_the_program()
    {
        var (guard, _) = Start();
        var pod = _lab.AddPod("pod1", 7);
        _lab.WaitUntil(() => ProgramsAt("pod1") == 1, "the program is at the new interface");
        using var both = new BothWays(_lab, NodeLab.LocalAddress, pod);
        Warm(both, DnsMessage.Query("hot.example.", "A", 7).ToBytes());
        Assert.Equal("3", _lab.Metric("nodedns_guard_kernel_answers_interfaces{state=\"attached\"}"));
        pod.Run("ip link del eth0");
        _lab.WaitUntil(() => _lab.Metric("nodedns_guard_kernel_answers_interfaces{state=\"attached\"}") == "2", "it is forgotten");
        Assert.Equal(0, guard.Count("--kernel-answers"));
    }

    [Theory]
    [InlineData("tcx")]
    [InlineData("ingress")]
    [InlineData("egress")]
    public void An_interface_with_somebody_elses_program_is_left_alone(string where)
    {
        using var other = new OtherProgram(_lab.Node, "pod0", where);
        var (guard, _) = Start(On, "", "--check-interval=1s");
        guard.WaitFor("pod0 carries somebody else");
        _lab.WaitUntil(() => _lab.Metric("nodedns_guard_kernel_answers_interfaces{state=\"left_alone\"}") == "1", "it is counted");
        Assert.Contains("pod0 carries somebody else", _lab.Node.Run("curl -s http://127.0.0.1:9255/readyz"), StringComparison.Ordinal);
        Assert.Equal(where == "egress" ? 0 : 1, ProgramsAt("pod0"));
        using var both = new BothWays(_lab);
        var query = DnsMessage.Query("hot.example.", "A", 7).ToBytes();
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(Hex(both.FromNode(query)), Hex(both.FromPod(query)));
        }
        Assert.Equal(0, Answered());
        other.Dispose();
        Warm(both, query);
        Assert.Equal(1, guard.Count("carries somebody else"));
    }

    [Theory]
    [InlineData("tcx")]
    [InlineData("clsact")]
    public void It_makes_room_for_a_program_that_comes_later(string way)
    {
        Start($"--kernel-answers={way}", "", "--check-interval=1s");
        using var both = new BothWays(_lab);
        var query = DnsMessage.Query("hot.example.", "A", 7).ToBytes();
        Warm(both, query);
        using var other = new OtherProgram(_lab.Node, "pod0", way == "tcx" ? "tcx" : "ingress");
        _lab.WaitUntil(() => _lab.Metric("nodedns_guard_kernel_answers_interfaces{state=\"left_alone\"}") == "1", "it is left alone");
        Assert.Equal(1, ProgramsAt("pod0"));
        Assert.DoesNotContain("nodedns", _lab.Node.Run("tc filter show dev pod0 ingress"), StringComparison.Ordinal);
        Assert.Contains("10.1.2.3", _lab.Dig("hot.example."), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcx", Libc.SIGTERM)]
    [InlineData("clsact", Libc.SIGTERM)]
    [InlineData("tcx", Libc.SIGKILL)]
    public void When_the_guard_is_gone_nothing_of_it_is_left(string way, int signal)
    {
        var (guard, _) = Start($"--kernel-answers={way}");
        using var both = new BothWays(_lab);
        Warm(both, DnsMessage.Query("hot.example.", "A", 7).ToBytes());
        guard.Signal(signal);
        guard.WaitForExit();
        Assert.Equal(0, ProgramsAt("pod0"));
        Assert.DoesNotContain("clsact", _lab.Node.Run("tc qdisc show dev pod0"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_killed_guard_has_left_on_an_older_kernel_the_next_one_replaces_and_removes()
    {
        var (guard, _) = Start("--kernel-answers=clsact");
        _lab.WaitUntil(() => ProgramsAt("pod0") == 1, "the program is at the interface");
        guard.Signal(Libc.SIGKILL);
        guard.WaitForExit();
        Assert.Contains("nodedns_answers", _lab.Node.Run("tc filter show dev pod0 ingress"), StringComparison.Ordinal);
        var next = _lab.StartGuard("a", "--kernel-answers=clsact");
        next.WaitFor("serves");
        next.WaitFor("hot names are answered in the kernel");
        using var both = new BothWays(_lab);
        Warm(both, DnsMessage.Query("hot.example.", "A", 7).ToBytes());
        Assert.Equal(0, next.Count("carries somebody else"));
        next.Signal(Libc.SIGTERM);
        next.WaitForExit();
        Assert.DoesNotContain("clsact", _lab.Node.Run("tc qdisc show dev pod0"), StringComparison.Ordinal);
    }

    [Fact]
    public void With_the_switch_off_nothing_of_it_is_loaded()
    {
        WriteCorefile();
        var (guard, _) = _lab.StartPair();
        using var both = new BothWays(_lab);
        var query = DnsMessage.Query("hot.example.", "A", 7).ToBytes();
        for (var i = 0; i < 50; i++)
        {
            both.FromPod(query);
        }
        Assert.Equal(0, Answered());
        Assert.Equal(0, ProgramsAt("pod0"));
        Assert.DoesNotContain("bpf", NetworkNamespace.Sh($"ls -l /proc/{guard.Id}/fd"), StringComparison.Ordinal);
        Assert.DoesNotContain("kernel answers", NetworkNamespace.Sh($"cat /proc/{guard.Id}/task/*/comm"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_guard_that_may_not_load_it_says_so_and_serves_by_the_sockets()
    {
        _lab.Capabilities = "-all,+net_admin,+net_bind_service";
        WriteCorefile();
        var (guard, _) = _lab.StartPair(On);
        guard.WaitFor("it needs CAP_BPF, CAP_NET_ADMIN and Linux 5.12 or newer");
        Assert.Contains("10.1.2.3", _lab.Dig("hot.example."), StringComparison.Ordinal);
        Assert.Equal("1", _lab.Metric("nodedns_guard_errors_total{reason=\"kernel_answers\"}"));
    }

    // What the guard and the cache may meet, with a thousand lookups a second of each transport.

    [Fact]
    public void Killing_the_cache_loses_no_lookup()
    {
        var (guard, serve) = Start();
        var load = _lab.Load();
        Flow();
        serve.Signal(Libc.SIGKILL);
        serve.WaitForExit();
        _lab.StartServe();
        _lab.WaitUntil(() => guard.Count("serves") == 2, "the next cache serves");
        Flow();
        _lab.AssertNothingLost(load, "SIGKILL of the cache, kernel answers on");
    }

    [Fact]
    public void A_hang_of_the_cache_loses_no_lookup()
    {
        var (guard, serve) = Start();
        var load = _lab.Load();
        Flow();
        serve.Signal(SIGSTOP);
        guard.WaitFor("hung");
        // The guard has taken the program's memory away: it relays all of them.
        _lab.WaitUntil(() => long.Parse(_lab.Metric("nodedns_guard_relayed_queries_total"), CultureInfo.InvariantCulture) > 500, "relayed");
        serve.Signal(SIGCONT);
        guard.WaitFor("turns again");
        Flow();
        _lab.AssertNothingLost(load, "hang of the cache, kernel answers on");
    }

    [Fact]
    public void Killing_the_guard_loses_no_lookup()
    {
        var (guard, _) = Start();
        var load = _lab.Load();
        Flow();
        guard.Signal(Libc.SIGKILL);
        guard.WaitForExit();
        var next = _lab.StartGuard("a", On);
        next.WaitFor("has served on without a guard");
        next.WaitFor("hot names are answered in the kernel");
        Flow();
        _lab.AssertNothingLost(load, "SIGKILL of the guard, kernel answers on");
    }

    [Fact]
    public void A_reload_loses_no_lookup()
    {
        var (_, serve) = Start();
        var load = _lab.Load();
        Flow();
        for (var reload = 1; reload <= 3; reload++)
        {
            WriteCorefile($"bufsize {1200 + reload}");
            _lab.WaitUntil(() => serve.Count("Reloading complete") == reload, "reloaded");
            Flow();
        }
        _lab.AssertNothingLost(load, "reloads, kernel answers on");
    }

    /// <summary>Switched on and off again by upgrades, and between this build and an earlier one.</summary>
    [Theory]
    [InlineData("tcx", "tcx", false)]
    [InlineData("clsact", "clsact", false)]
    [InlineData("off", "tcx", false)]
    [InlineData("tcx", "off", false)]
    [InlineData("tcx", "tcx", true)]
    public void Upgrades_lose_no_lookup(string first, string second, bool secondIsOther)
    {
        Assert.SkipWhen(secondIsOther && NodeLab.OtherProgram is null, "eng/other-build has not made another build");
        WriteCorefile();
        var pods = 0;
        var (guard, serve) = Next();
        NodeLab.WaitForService(guard);
        if (first != "off")
        {
            guard.WaitFor("hot names are answered in the kernel");
            _lab.WaitUntil(() => ProgramsAt("pod0") == 1, "the program is at the interface");
        }
        var load = _lab.Load();
        for (var upgrade = 0; upgrade < 4; upgrade++)
        {
            var (nextGuard, nextServe) = Next();
            nextGuard.WaitFor("the old guard is relieved");
            NodeLab.EndRelieved(guard, serve);
            (guard, serve) = (nextGuard, nextServe);
            if (first != "off" && pods % 2 == 1)
            {
                Flow();
            }
        }
        Assert.Equal(0, guard.Count("carries somebody else"));
        _lab.AssertNothingLost(load, $"upgrades, kernel answers {first} to {second}");

        (RunningProgram, RunningProgram) Next()
        {
            var isSecond = pods++ % 2 == 1;
            _lab.Build = isSecond && secondIsOther ? NodeLab.OtherProgram! : NodeLab.Program;
            string[] flags = isSecond && secondIsOther ? [] : [$"--kernel-answers={(isSecond ? second : first)}"];
            return (_lab.StartGuard($"{pods}", flags), _lab.StartServe($"{pods}"));
        }
    }

    /// <summary>One pod of a build has the switch, another has never heard of it, in one pod.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_guard_and_a_cache_of_two_builds_serve_by_the_sockets(bool guardIsOther)
    {
        Assert.SkipWhen(NodeLab.OtherProgram is null, "eng/other-build has not made another build");
        WriteCorefile();
        _lab.Build = guardIsOther ? NodeLab.OtherProgram! : NodeLab.Program;
        var guard = _lab.StartGuard("a", guardIsOther ? [] : [On]);
        guard.WaitFor("sockets opened");
        _lab.Build = guardIsOther ? NodeLab.Program : NodeLab.OtherProgram!;
        _lab.StartServe();
        NodeLab.WaitForService(guard);
        var load = _lab.Load();
        NodeLab.Pass(2);
        _lab.AssertNothingLost(load, "guard and cache of two builds, kernel answers on");
    }

    /// <summary>Ten times what the pod's interface takes, of names that nobody has, beside a hot one.</summary>
    [Fact]
    public void A_flood_from_another_pod_does_not_keep_the_kernel_from_answering()
    {
        Start();
        var flooder = _lab.AddPod("pod1", 7);
        using var both = new BothWays(_lab);
        var query = DnsMessage.Query("hot.example.", "A", 7).ToBytes();
        Warm(both, query);
        var before = Answered();
        using var flood = new CancellationTokenSource();
        var flooding = new Thread(() => flooder.Enter(() =>
        {
            using var socket = new UdpClient(NodeLab.LocalAddress, 53);
            for (var i = 0; !flood.IsCancellationRequested; i++)
            {
                socket.Send(DnsMessage.Query($"flood-{i}.example.", "A", (ushort)i).ToBytes());
            }
            return 0;
        }));
        flooding.Start();
        for (var i = 0; i < 5000; i++)
        {
            Assert.Equal("10.1.2.3", DnsMessage.Parse(both.FromPod(query)).Answer[0].Data);
        }
        flood.Cancel();
        flooding.Join();
        Assert.True(Answered() >= before + 4000, $"{Answered() - before} of 5000");
    }

    private (RunningProgram Guard, RunningProgram Serve) Start(string flag = On, string extra = "", params string[] more)
    {
        WriteCorefile(extra);
        return StartPair([flag, .. more]);
    }

    private (RunningProgram Guard, RunningProgram Serve) StartPair(params string[] flags)
    {
        var pair = _lab.StartPair(flags);
        pair.Guard.WaitFor("hot names are answered in the kernel");
        return pair;
    }

    private void WriteCorefile(string extra = "") => _lab.WriteCorefile(
        NodeLab.Corefile(_lab.Address.Replace(',', ' '), $"prometheus 127.0.0.1:9253\n{extra}"));

    /// <summary>Asks from the pod until the kernel answers.</summary>
    /// <returns>The cache's tap.</returns>
    private string StartWithTap(string kernelAnswers)
    {
        WriteCorefile();
        var folder = Directory.CreateDirectory(Path.Combine(_lab.Folder, "tap")).FullName;
        NetworkNamespace.Sh($"chmod 777 {folder}");
        var tap = Path.Combine(folder, "cache.tap");
        var guard = _lab.StartGuard("a", kernelAnswers);
        guard.WaitFor("sockets opened");
        _lab.StartServe("a", "--tap", tap);
        NodeLab.WaitForService(guard);
        guard.WaitFor("hot names are answered in the kernel");
        return tap;
    }

    private void Warm(BothWays both, byte[] query)
    {
        var before = Answered();
        _lab.WaitUntil(
            () =>
            {
                both.FromPod(query);
                return Answered() > before;
            },
            "the kernel answers");
    }

    /// <summary>Waits until the kernel has answered a thousand of the load's lookups.</summary>
    private void Flow()
    {
        var before = Answered();
        _lab.WaitUntil(() => Answered() is var now && (now < before ? now : now - before) > 1000, "the kernel answers the load", 30);
    }

    private long Answered() => Sum("nodedns_cache_kernel_answers_total");

    private long Sum(string metric, string having = "") => Scrape()
        .Where(line => line.StartsWith(metric + "{", StringComparison.Ordinal) && line.Contains(having, StringComparison.Ordinal))
        .Sum(line => (long)double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    private string Gauge(string name) => Scrape().First(line => line.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1];

    private string[] Scrape() => _lab.Node.Run("curl -s http://127.0.0.1:9253/metrics || true").Split('\n');

    /// <summary>How many programs tcx and clsact have at an interface of the node.</summary>
    private int ProgramsAt(string link) => _lab.Node.Enter(() =>
            Libc.QueryBpfPrograms(Libc.LinkIndex(link), Libc.BPF_TCX_INGRESS, new uint[8]).Value)
        + _lab.Node.Run($"tc filter show dev {link} ingress").Split('\n').Count(line => line.Contains(" bpf ", StringComparison.Ordinal) && line.Contains("handle", StringComparison.Ordinal));

    private static string Hex(byte[] octets) => Convert.ToHexString(octets);
}

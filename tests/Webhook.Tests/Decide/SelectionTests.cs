using System.Text.Json.Nodes;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Endpoint;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Decide;

public sealed class SelectionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(50)]
    [InlineData(90)]
    public void Percent_selects_about_that_share_of_workloads(int percent)
    {
        var handler = Handlers.New(selection: new SelectionModel { Percent = percent });
        var injected = Enumerable.Range(0, 5_000)
            .Count(i => IsInjected(handler, ReplicaSetPod($"app-{i}", "6d5f7d6c9b", 0)));
        Assert.InRange(injected / 50.0, percent - 2.5, percent + 2.5);
    }

    [Fact]
    public void Percent_takes_a_replica_set_as_a_whole_and_keeps_its_deployment_across_rollouts()
    {
        var handler = Handlers.New(selection: new SelectionModel { Percent = 50 });
        for (var app = 0; app < 100; app++)
        {
            var first = IsInjected(handler, ReplicaSetPod($"app-{app}", "6d5f7d6c9b", 0));
            for (var replica = 1; replica < 5; replica++)
            {
                Assert.Equal(first, IsInjected(handler, ReplicaSetPod($"app-{app}", "6d5f7d6c9b", replica)));
            }

            Assert.Equal(first, IsInjected(handler, ReplicaSetPod($"app-{app}", "77c9d5b8f4", 0)));
        }
    }

    /// <summary>The same workload twice, as two revisions or runs of it: {0} stands for its name.</summary>
    [Theory]
    [InlineData("ReplicaSet", "{0}-6d5f7d6c9b", "pod-template-hash=6d5f7d6c9b", "{0}-77c9d5b8f4", "pod-template-hash=77c9d5b8f4")]
    [InlineData("ReplicaSet", "{0}-6d5f7d6c9b", "rollouts-pod-template-hash=6d5f7d6c9b", "{0}-77c9d5b8f4", "rollouts-pod-template-hash=77c9d5b8f4")]
    [InlineData("Job", "{0}-28391040", "job-name={0}-28391040", "{0}-28391055", "job-name={0}-28391055")]
    [InlineData("Job", "{0}-1703462400", "", "{0}-1703466000", "")]
    [InlineData("ReplicationController", "{0}-1", "deploymentconfig={0}", "{0}-12", "deploymentconfig={0}")]
    [InlineData("ReplicationController", "{0}-9", "", "{0}-10", "")]
    [InlineData("Workflow", "{0}-1703462400", "", "{0}-1703466000", "")]
    [InlineData("StatefulSet", "{0}", "apps.kubernetes.io/pod-index=0", "{0}", "apps.kubernetes.io/pod-index=1")]
    [InlineData("ReplicaSet", "{0}-00001-deployment-6d5f7d6c9b", "serving.knative.dev/configuration={0}", "{0}-00002-deployment-77c9d5b8f4", "serving.knative.dev/configuration={0}")]
    public void Revisions_and_runs_of_a_workload_are_in_or_out_together(
        string kind, string firstOwner, string firstLabel, string secondOwner, string secondLabel)
    {
        var handler = Handlers.New(selection: new SelectionModel { Percent = 50 });
        var decisions = new List<bool>();
        for (var i = 0; i < 60; i++)
        {
            var first = IsInjected(handler, Owned(kind, firstOwner, firstLabel, $"app-{i}"));
            Assert.Equal(first, IsInjected(handler, Owned(kind, secondOwner, secondLabel, $"app-{i}")));
            decisions.Add(first);
        }
        Assert.Contains(true, decisions);
        Assert.Contains(false, decisions);
    }

    /// <summary>A suffix that only looks like one does not make two workloads one.</summary>
    [Theory]
    [InlineData("ReplicaSet", "web-{0}", "pod-template-hash=6d5f7d6c9b")]
    [InlineData("Job", "migrate-{0}", "")]
    [InlineData("StatefulSet", "shard-{0}", "")]
    public void Workloads_with_numbers_in_their_names_are_drawn_each(string kind, string owner, string label)
    {
        var handler = Handlers.New(selection: new SelectionModel { Percent = 50 });
        Assert.Equal(
            2,
            Enumerable.Range(0, 60).Select(i => IsInjected(handler, Owned(kind, owner, label, $"{i}"))).Distinct()
                .Count());
    }

    [Fact]
    public void Raising_the_percentage_takes_no_workload_out()
    {
        for (var app = 0; app < 200; app++)
        {
            var before = false;
            foreach (var percent in (int[])[0, 1, 20, 40, 60, 80, 99, 100])
            {
                var handler = Handlers.New(selection: new SelectionModel { Percent = percent });
                var now = IsInjected(handler, ReplicaSetPod($"app-{app}", "6d5f7d6c9b", 0));
                Assert.True(now || !before);
                before = now;
            }
            Assert.True(before);
        }
    }

    [Fact]
    public void Percent_0_injects_none_but_those_that_ask_by_label()
    {
        var handler = Handlers.New(selection: new SelectionModel { Percent = 0 });
        var pod = ReplicaSetPod("app", "6d5f7d6c9b", 0);
        Assert.Equal("canary", handler.Answer(Pods.Review(pod.DeepClone())).Reason());
        pod["metadata"]!["labels"]!["nodedns.io/inject"] = "enabled";
        Assert.True(IsInjected(handler, pod));
    }

    [Fact]
    public void Seed_label_moves_workloads_together()
    {
        var handler = Handlers.New(selection: new SelectionModel { Percent = 50, PercentSeedLabel = "team" });
        for (var team = 0; team < 50; team++)
        {
            var decisions = new HashSet<bool>();
            for (var app = 0; app < 4; app++)
            {
                var pod = ReplicaSetPod($"app-{app}", "6d5f7d6c9b", 0);
                pod["metadata"]!["labels"]!["team"] = $"team-{team}";
                decisions.Add(IsInjected(handler, pod));
            }
            Assert.Single(decisions);
        }
    }

    [Fact]
    public void Namespace_percentage_beats_the_clusters()
    {
        var settings = Pods.Namespace(true, annotations: ("percent", "100"));
        var handler = Handlers.New(selection: new SelectionModel { Percent = 0 }, namespaces: _ => settings);
        Assert.True(IsInjected(handler, ReplicaSetPod("app", "6d5f7d6c9b", 0)));
    }

    [Fact]
    public void Namespace_that_opted_out_keeps_its_pods_but_those_that_ask()
    {
        var handler = Handlers.New(namespaces: _ => Pods.Namespace(false));
        Assert.Equal("namespace-opted-out", handler.Answer(Pods.Review(Pods.Pod())).Reason());
        Assert.True(IsInjected(handler, Pods.Pod(("metadata:labels:nodedns.io/inject", "enabled"))));
    }

    [Theory]
    [InlineData("optIn", null, null, "not-opted-in")]
    [InlineData("optIn", false, null, "namespace-opted-out")]
    [InlineData("optIn", true, null, null)]
    [InlineData("optIn", null, "enabled", null)]
    [InlineData("optIn", false, "enabled", null)]
    [InlineData("optIn", true, "disabled", "pod-opted-out")]
    [InlineData("optIn", null, "other", "not-opted-in")]
    [InlineData("optOut", null, null, null)]
    [InlineData("optOut", false, null, "namespace-opted-out")]
    [InlineData("optOut", true, "disabled", "pod-opted-out")]
    [InlineData("optOut", null, "disabled", "pod-opted-out")]
    public void Mode_holds_even_where_the_selector_sends_every_pod(
        string mode, bool? ofNamespace, string? ofPod, string? reason)
    {
        var selection = new SelectionModel { Mode = Enum.Parse<SelectionMode>(mode, ignoreCase: true) };
        var metrics = Handlers.Metrics();
        var handler = Handlers.New(
            selection: selection,
            namespaces: _ => Pods.Namespace(ofNamespace),
            metrics: metrics);
        var pod = ofPod is null ? Pods.Pod() : Pods.Pod(("metadata:labels:nodedns.io/inject", ofPod));

        var answer = handler.Answer(Pods.Review(pod));

        Assert.Equal(reason, answer.Reason());
        Assert.Equal(reason is null, Pods.Patch(answer) is not null);
        Assert.Equal(reason is null ? 1 : 0, metrics.InjectedCount);
        if (reason is not null)
        {
            Assert.Equal(1, metrics.SkippedCount((SkipReason)Array.IndexOf(SkipReasons.Names, reason)));
        }
    }

    /// <summary>built-in &lt; operator &lt; namespace &lt; the pod's dnsConfig &lt; the pod's annotations.</summary>
    [Fact]
    public void Layers_win_in_their_order()
    {
        var dns = Handlers.Dns with
        {
            Options = [new("ndots", "6"), new("timeout", "6"), new("attempts", "2"), new("rotate", null)],
        };
        var settings = Pods.Namespace(
            true, dns, ("ndots", "7"), ("timeout", "7"), ("attempts", "3"), ("searches", "ns.example"));
        var pod = Pods.Pod(
            ("spec:dnsConfig:options",
                JsonNode.Parse("""[{"name":"ndots","value":"8"},{"name":"timeout","value":"8"}]""")),
            ("spec:dnsConfig:searches", JsonNode.Parse("""["own.example"]""")),
            ("metadata:annotations:nodedns.io/ndots", "9"),
            ("metadata:annotations:nodedns.io/searches", "pod.example"));

        var answer = Handlers.New(dns, namespaces: _ => settings).Answer(Pods.Review(pod.DeepClone()));
        var config = Pods.Apply(pod, answer)["spec"]!["dnsConfig"]!;

        Assert.Equal(
            """[{"name":"attempts","value":"3"},{"name":"ndots","value":"9"},{"name":"rotate"},"""
                + """{"name":"timeout","value":"8"}]""",
            config["options"]!.ToJsonString());
        Assert.Equal(
            ["web.svc.cluster.local", "svc.cluster.local", "cluster.local", "own.example", "ns.example", "pod.example"],
            config["searches"]!.AsArray().Select(search => (string)search!));
    }

    [Fact]
    public void Every_skip_is_counted_and_in_the_audit_annotations()
    {
        var metrics = Handlers.Metrics();
        var handler = Handlers.New(metrics: metrics);
        Assert.Equal("policy-default", handler.Answer(Pods.Review(Pods.Pod(("spec:dnsPolicy", "Default")))).Reason());
        Assert.Equal(1, metrics.SkippedCount(SkipReason.PolicyDefault));
        Assert.Equal(0, metrics.InjectedCount);
    }

    private static bool IsInjected(ReviewHandler handler, JsonObject pod) =>
        Pods.Patch(handler.Answer(Pods.Review(pod.DeepClone()))) is not null;

    private static JsonObject Owned(string kind, string owner, string label, string app)
    {
        var pod = Pods.Pod(("metadata:ownerReferences", new JsonArray(new JsonObject
        {
            ["kind"] = kind,
            ["name"] = string.Format(null, owner, app),
            ["controller"] = true,
        })));
        if (string.Format(null, label, app).Split('=') is [var name, var value])
        {
            pod["metadata"]!["labels"] = new JsonObject { [name] = value };
        }

        return pod;
    }

    private static JsonObject ReplicaSetPod(string app, string hash, int replica) => Pods.Pod(
        ("metadata:name", $"{app}-{hash}-{replica:x5}"),
        ("metadata:labels:app", app),
        ("metadata:labels:pod-template-hash", hash),
        ("metadata:ownerReferences", new JsonArray(new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "ReplicaSet",
            ["name"] = $"{app}-{hash}",
            ["uid"] = "6f1f0c9e-0000-4000-8000-000000000001",
            ["controller"] = true,
        })));
}

using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary><c>rollout</c> and <c>undo</c>, on a real API server whose controllers the tests stand in for.</summary>
public sealed class RolloutTests : IDisposable
{
    /// <summary>Answers for the probe's pod as the webhook does.</summary>
    private const string StandIn = """
        apiVersion: admissionregistration.k8s.io/v1
        kind: MutatingAdmissionPolicy
        metadata: {name: stand-in}
        spec:
          failurePolicy: Fail
          reinvocationPolicy: Never
          matchConstraints:
            namespaceSelector: {matchLabels: {nodedns.io/inject: enabled}}
            resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
          matchConditions: [{name: probe, expression: "has(object.metadata.generateName) && object.metadata.generateName.startsWith('kubectl-nodedns-probe-')"}]
          mutations:
          - patchType: JSONPatch
            jsonPatch: {expression: "[JSONPatch{op: 'add', path: '/metadata/annotations', value: {'nodedns.io/status': 'injected'}}]"}
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: MutatingAdmissionPolicyBinding
        metadata: {name: stand-in}
        spec: {policyName: stand-in}
        """;

    private readonly ControlPlane _cluster;

    public RolloutTests(ControlPlane cluster)
    {
        _cluster = cluster;
        _cluster.Require();
        _cluster.Apply(Manifests.Release);
        _cluster.Apply(StandIn);
    }

    public void Dispose() => _cluster.Do("delete", "mutatingadmissionpolicy,mutatingadmissionpolicybinding", "stand-in");

    [Fact]
    public void A_namespace_that_is_not_labelled_is_not_rolled_out()
    {
        Deployment("not-labelled", labelled: false);
        var run = Plugin.Run(_cluster, "rollout", "-n", "not-labelled");
        Assert.Contains("add --label", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.ExitCode);
    }

    [Fact]
    public void A_dry_run_changes_nothing()
    {
        Deployment("dry", labelled: false);
        foreach (var way in new[] { "client", "server" })
        {
            var run = Plugin.Run(_cluster, "rollout", "-n", "dry", "--label", "--dry-run=" + way);
            Assert.Equal(0, run.ExitCode);
            Assert.Contains("deployment/web", run.Output, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("nodedns.io/inject", _cluster.Do("get", "namespace", "dry", "-o", "yaml"), StringComparison.Ordinal);
        Assert.DoesNotContain("restartedAt", _cluster.Do("get", "deployment", "-n", "dry", "web", "-o", "yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_workload_is_restarted_waited_for_and_looked_at_again()
    {
        const string ns = "moved";
        Deployment(ns, labelled: false);
        using var rollout = Plugin.Start(_cluster, "rollout", "-n", ns, "--label", "--timeout", "60s");
        Assert.Equal($"namespace {ns}: label nodedns.io/inject=enabled set", rollout.StandardOutput.ReadLine());
        Assert.Equal("deployment/web: restarted", rollout.StandardOutput.ReadLine());
        Assert.Contains("restartedAt", _cluster.Do("get", "deployment", "-n", ns, "web", "-o", "yaml"), StringComparison.Ordinal);
        _cluster.Do("delete", "pod", "-n", ns, "web-1", "--force", "--grace-period=0");
        _cluster.Apply(Manifests.Pod(ns, "web-2", "ReplicaSet/web-abc", Manifests.OnCache));
        Complete(ns);
        Assert.Equal("deployment/web: done", rollout.StandardOutput.ReadLine());
        rollout.WaitForExit();
        Assert.Equal(0, rollout.ExitCode);
        Assert.Contains("Nothing to do", Plugin.Run(_cluster, "rollout", "-n", ns).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_that_fails_stops_it_with_its_reason()
    {
        const string ns = "failing";
        Deployment(ns);
        using var rollout = Plugin.Start(_cluster, "rollout", "-n", ns, "--timeout", "60s");
        Assert.Equal("deployment/web: restarted", rollout.StandardOutput.ReadLine());
        _cluster.Do("patch", "pod", "-n", ns, "web-1", "--subresource=status", "--type=merge", "-p",
            """{"status": {"containerStatuses": [{"name": "main", "image": "x", "imageID": "", "ready": false, "restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}]}}""");
        _cluster.Do("patch", "deployment", "-n", ns, "web", "--subresource=status", "--type=merge", "-p",
            """{"status": {"observedGeneration": 2, "updatedReplicas": 0, "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "ReplicaSet has timed out progressing."}]}}""");
        rollout.WaitForExit();
        var said = rollout.StandardError.ReadToEnd();
        Assert.Contains("stopped: deployment/web: ReplicaSet has timed out progressing.; pod web-1: container main: ImagePullBackOff: no such image", said, StringComparison.Ordinal);
        Assert.Contains("run the same command again to go on", said, StringComparison.Ordinal);
        Assert.Equal(1, rollout.ExitCode);
    }

    [Fact]
    public void Interrupted_it_says_what_goes_on_and_restarts_nothing_twice()
    {
        const string ns = "interrupted";
        Deployment(ns);
        using (var rollout = Plugin.Start(_cluster, "rollout", "-n", ns))
        {
            Assert.Equal("deployment/web: restarted", rollout.StandardOutput.ReadLine());
            Tool.Run("kill", "-INT", $"{rollout.Id}");
            rollout.WaitForExit();
            Assert.Contains("restarted, and going on without me: deployment/web", rollout.StandardError.ReadToEnd(), StringComparison.Ordinal);
            Assert.Equal(2, rollout.ExitCode);
        }

        var generation = _cluster.Do("get", "deployment", "-n", ns, "web", "-o", "jsonpath={.metadata.generation}");
        using var again = Plugin.Start(_cluster, "rollout", "-n", ns);
        Assert.Equal("deployment/web: a rollout is under way; waiting for it", again.StandardOutput.ReadLine());
        _cluster.Do("delete", "pod", "-n", ns, "web-1", "--force", "--grace-period=0");
        Complete(ns);
        Assert.Equal("deployment/web: done", again.StandardOutput.ReadLine());
        Assert.Equal(generation, _cluster.Do("get", "deployment", "-n", ns, "web", "-o", "jsonpath={.metadata.generation}"));
        again.WaitForExit();
    }

    [Fact]
    public void What_nothing_restarts_is_listed_with_what_to_do()
    {
        const string ns = "left";
        _cluster.Apply(Manifests.Namespace(ns) + Manifests.Pod(ns, "bare") + Manifests.Pod(ns, "run-1", "Job/run", apiVersion: "batch/v1")
            + Manifests.Workload("StatefulSet", ns, "db", "serviceName: db, updateStrategy: {type: OnDelete}, ") + Manifests.Pod(ns, "db-0", "StatefulSet/db"));
        var run = Plugin.Run(_cluster, "rollout", "-n", ns);
        Assert.Equal(
            """
            job/run is left: nothing to do: the pods of its next run
            pod/bare is left: delete it and create it again: nothing owns it
            statefulset/db is left: delete its pods one by one: updateStrategy is OnDelete

            """,
            run.Output);
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public void Undo_names_the_pods_that_would_lose_dns()
    {
        const string ns = "alone";
        _cluster.Apply(Manifests.Namespace(ns) + Manifests.Pod(
            ns, "only", "", "dnsPolicy: None, dnsConfig: {nameservers: [169.254.20.10]}, "));
        var run = Plugin.Run(_cluster, "undo", "-n", ns, "--dry-run=client");
        Assert.Contains("1 of the pods of namespace alone would lose DNS", run.Output, StringComparison.Ordinal);
        Assert.Contains("alone/only", run.Output, StringComparison.Ordinal);
    }

    /// <summary>A Deployment that is complete, with one pod.</summary>
    private void Deployment(string ns, bool labelled = true)
    {
        _cluster.Apply(Manifests.Namespace(ns, labelled)
            + Manifests.Workload("Deployment", ns, "web") + Manifests.Workload("ReplicaSet", ns, "web-abc", owner: "Deployment/web")
            + Manifests.Pod(ns, "web-1", "ReplicaSet/web-abc", metadata: "labels: {app: web}, "));
        Complete(ns, generation: 1);
    }

    /// <summary>What the Deployment's controller says at the end of a rollout.</summary>
    private void Complete(string ns, int generation = 2) => _cluster.Do("patch", "deployment", "-n", ns, "web", "--subresource=status", "--type=merge", "-p",
        """{"status": {"observedGeneration": GENERATION, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}}"""
            .Replace("GENERATION", $"{generation}", StringComparison.Ordinal));
}

namespace NodeDns.Chart.Tests;

/// <summary>The pods of <c>helm test</c>.</summary>
public sealed class HelmTestTests
{
    [Fact]
    public void The_webhook_is_checked_with_every_option_as_deployed()
    {
        var rendered = Rendered.With(
            "--set", "dns.fallback=none,selection.percent=10,selection.namespaceSettings=true,dns.options.timeout=2",
            "--set", "webhook.extraArgs={--probe-seconds=9},webhook.extraEnv[0].name=A,webhook.extraEnv[0].value=b,webhook.hostNetwork=true,webhook.tolerations[0].key=a");
        var deployed = rendered.One("Deployment", "nd-webhook");
        var test = rendered.One("Pod", "nd-webhook-test");
        Assert.Equal(["--check", .. deployed.Container("webhook").Strings("args")], test.Strings("spec.containers.0.args"));
        Assert.All(new[] { "env", "volumeMounts", "image", "securityContext" }, name => Assert.Equal(
            deployed.Container("webhook")[name]!.ToJsonString(), test.At("spec.containers.0")![name]!.ToJsonString()));
        Assert.All(new[] { "serviceAccountName", "automountServiceAccountToken", "dnsPolicy", "hostNetwork", "volumes", "securityContext", "nodeSelector", "tolerations" },
            name => Assert.Equal(deployed.At("spec.template.spec")![name]!.ToJsonString(), test["spec"]![name]!.ToJsonString()));
    }

    /// <summary>It asks the node's cache, and a node without one would fail it.</summary>
    [Fact]
    public void The_cache_is_tested_on_a_node_that_has_one()
    {
        var rendered = Rendered.With("--set", "cache.nodeSelector.pool=a");
        Assert.All(new[] { "nodeSelector", "tolerations", "affinity" }, name => Assert.Equal(
            rendered.One("DaemonSet", "nd-cache").At("spec.template.spec")![name]!.ToJsonString(), rendered.One("Pod", "nd-cache-test")["spec"]![name]!.ToJsonString()));
    }

    [Fact]
    public void The_release_is_examined_by_the_plugin_and_warnings_pass()
    {
        var test = Rendered.With("--set", "webhook.tolerations[0].key=a,webhook.nodeSelector.pool=b").One("Pod", "nd-test");
        var arguments = test.Strings("spec.containers.0.args");
        Assert.Equal(["doctor", "-n", "node-dns", "--only"], arguments[..4]);
        Assert.Equal(["--failure-threshold", "error"], arguments[5..]);
        var checks = File.ReadAllText(Path.Combine(Tool.Checkout, "docs", "cli-checks.md"));
        Assert.All(arguments[4].Split(','), check => Assert.Contains($"| {check} |", checks, StringComparison.Ordinal));
        Assert.Equal(("nd-test", "true", "a", "b"), (test.Text("spec.serviceAccountName"), test.Text("spec.automountServiceAccountToken"),
            test.Text("spec.tolerations.0.key"), test.Text("spec.nodeSelector.pool")));
    }

    /// <summary>The account is there for as long as the test runs, and reads the release's namespace, nodes and webhook
    /// configurations.</summary>
    [Fact]
    public void What_examines_the_release_may_read_it_and_nothing_else()
    {
        var rendered = Rendered.With();
        var hooks = rendered.Objects.Where(o => o.Text("metadata.name") == "nd-test").ToList();
        Assert.Equal(["ClusterRole", "ClusterRoleBinding", "Pod", "Role", "RoleBinding", "ServiceAccount"], hooks.Select(o => o.Text("kind")).Order());
        Assert.All(hooks, hook =>
        {
            Assert.Equal("test", hook.Text("metadata.annotations.helm\\.sh/hook"));
            Assert.Equal("before-hook-creation,hook-succeeded", hook.Text("metadata.annotations.helm\\.sh/hook-delete-policy"));
        });
        Assert.Equal(["pods configmaps events: list", "namespaces: get", "pods/portforward: get create", "deployments daemonsets: list"], Rules("Role"));
        Assert.Equal(["nodes: list", "mutatingwebhookconfigurations: list"], Rules("ClusterRole"));
        Assert.Equal(["node-dns"], rendered.One("Role", "nd-test").Strings("rules.1.resourceNames"));

        string[] Rules(string kind) => [.. rendered.One(kind, "nd-test")["rules"]!.AsArray().Select(rule =>
            $"{string.Join(' ', rule!.Strings("resources"))}: {string.Join(' ', rule!.Strings("verbs"))}")];
    }

    /// <summary>A quota on CPU and memory admits only containers that say both of both.</summary>
    [Fact]
    public void Every_container_has_requests_and_limits()
    {
        var pods = Rendered.With("--set", "test.image=busybox").All("Pod").ToList();
        Assert.Equal(3, pods.Count);
        Assert.All(pods.SelectMany(pod => pod.At("spec.containers")!.AsArray()), container =>
            Assert.All(new[] { "requests.cpu", "requests.memory", "limits.cpu", "limits.memory" },
                quantity => Assert.NotEqual("", container!.At("resources")!.Text(quantity))));
    }
}

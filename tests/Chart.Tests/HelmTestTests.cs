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

    /// <summary>A quota on CPU and memory admits only containers that say both of both.</summary>
    [Fact]
    public void Every_container_has_requests_and_limits()
    {
        var pods = Rendered.With("--set", "test.image=busybox").All("Pod").ToList();
        Assert.Equal(2, pods.Count);
        Assert.All(pods.SelectMany(pod => pod.At("spec.containers")!.AsArray()), container =>
            Assert.All(new[] { "requests.cpu", "requests.memory", "limits.cpu", "limits.memory" },
                quantity => Assert.NotEqual("", container!.At("resources")!.Text(quantity))));
    }
}

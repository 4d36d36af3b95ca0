using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

public sealed class NetworkPolicyTests
{
    private static JsonObject Policy(params string[] arguments) =>
        Rendered.With(["--set", "webhook.networkPolicy.enabled=true", .. arguments]).One("NetworkPolicy", "nd-webhook");

    [Fact]
    public void There_is_none_by_default() => Assert.Empty(Rendered.With().All("NetworkPolicy"));

    [Fact]
    public void It_is_for_the_webhooks_pods_and_their_two_ports()
    {
        var rendered = Rendered.With("--set", "webhook.networkPolicy.enabled=true");
        var policy = rendered.One("NetworkPolicy", "nd-webhook");
        var pod = rendered.One("Deployment", "nd-webhook").At("spec.template.metadata")!["labels"]!;
        Assert.All((JsonObject)policy.At("spec.podSelector.matchLabels")!,
            wanted => Assert.Equal((string?)wanted.Value, (string?)pod[wanted.Key]));
        Assert.Equal(["Ingress", "Egress"], policy.Strings("spec.policyTypes"));
        var ports = rendered.One("Deployment", "nd-webhook").Container("webhook").At("ports")!.AsArray();
        Assert.Equal(
            ports.Select(port => port!.Text("name")),
            policy.At("spec.ingress")!.AsArray().Select(rule => rule!.Text("ports.0.port")));
        Assert.All(policy.At("spec.ingress")!.AsArray(), rule => Assert.Null(rule!["from"]));
    }

    [Fact]
    public void Callers_can_be_named()
    {
        var policy = Policy(
            "--set", "webhook.networkPolicy.admissionFrom[0].ipBlock.cidr=10.0.0.0/28",
            "--set", "webhook.networkPolicy.metricsFrom[0].podSelector.matchLabels.app=prometheus");
        Assert.Equal("10.0.0.0/28", policy.Text("spec.ingress.0.from.0.ipBlock.cidr"));
        Assert.Equal("prometheus", policy.Text("spec.ingress.1.from.0.podSelector.matchLabels.app"));
    }

    [Fact]
    public void Out_goes_only_what_the_options_need()
    {
        var probing = Policy("--set", "dns.localAddresses={169.254.20.10,fd00:20::10}").At("spec.egress")!.AsArray();
        var question = Assert.Single(probing)!;
        Assert.Equal(["169.254.20.10/32", "fd00:20::10/128"],
            question["to"]!.AsArray().Select(peer => peer!.Text("ipBlock.cidr")));
        Assert.All(question["ports"]!.AsArray(), port => Assert.Equal("53", port!.Text("port")));

        Assert.Empty(Policy("--set", "webhook.probe=false").At("spec.egress")!.AsArray());

        var reading = Policy("--set", "webhook.probe=false,selection.namespaceSettings=true").At("spec.egress")!.AsArray();
        Assert.Equal(["443", "6443"], Assert.Single(reading)!["ports"]!.AsArray().Select(port => port!.Text("port")));
    }

    [Fact]
    public void Further_rules_are_added() => Assert.Equal("192.0.2.0/24", Policy(
        "--set", "webhook.networkPolicy.extraEgress[0].to[0].ipBlock.cidr=192.0.2.0/24")
        .Text("spec.egress.1.to.0.ipBlock.cidr"));
}

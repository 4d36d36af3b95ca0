using System.Text.Json.Nodes;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Endpoint;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Decide;

/// <summary>A plan that is kept for a namespace changes no answer.</summary>
public sealed class PlainPlansTests
{
    [Fact]
    public void Answers_are_those_of_a_handler_that_keeps_nothing()
    {
        ReviewHandler keeping = Handlers.New();
        JsonObject[] pods =
        [
            Pods.Pod(("spec:dnsConfig", null)),
            Pods.Pod(),
            Pods.Pod(("metadata:annotations", new JsonObject())),
            Pods.Pod(("metadata:annotations:example.com/x", "y")),
            Pods.Pod(("metadata", null)),
            Pods.Pod(("metadata:annotations:nodedns.io/ndots", "3")),
            Pods.Pod(("spec:dnsConfig:searches", new JsonArray("corp.example"))),
            Pods.Pod(("spec:dnsPolicy", "ClusterFirstWithHostNet")),
        ];
        for (int round = 0; round < 3; round++)
        {
            foreach (string @namespace in (string[])["web", "shop"])
            {
                foreach (JsonObject pod in pods)
                {
                    JsonObject review = Pods.Review(pod.DeepClone(), @namespace);
                    Assert.Equal(Handlers.New().Answer(review).ToJsonString(), keeping.Answer(review).ToJsonString());
                }
            }
        }
    }

    [Fact]
    public void Changed_namespace_gets_a_new_plan()
    {
        NamespaceSettings settings = NamespaceSettings.None;
        ReviewHandler handler = Handlers.New(namespaces: _ => settings);
        JsonObject review = Pods.Review(Pods.Pod());
        Assert.Contains("ndots:5", Pods.Patch(handler.Answer(review))!.ToJsonString());

        JsonView annotations = Pods.View("""{"nodedns.io/ndots":"7"}""");
        settings = new NamespaceSettings(
            DnsAnnotations.Read(annotations, Handlers.Dns, onNamespace: true, new Warnings()), true);
        Assert.Contains("ndots:7", Pods.Patch(handler.Answer(review))!.ToJsonString());
    }

    [Fact]
    public void Warning_of_a_composed_plan_comes_with_each_of_its_pods()
    {
        string[] host = [.. Enumerable.Range(0, 10).Select(i => $"a-rather-long-search-domain-{i}.corp.example")];
        ReviewHandler handler = Handlers.New(Handlers.Dns with { HostSearches = host });
        for (int i = 0; i < 3; i++)
            Assert.Contains("Alpine (musl)", Assert.Single(handler.Answer(Pods.Review(Pods.Pod())).Warnings()));
    }

    [Fact]
    public void More_namespaces_than_are_kept_are_served_all_the_same()
    {
        ReviewHandler handler = Handlers.New();
        for (int i = 0; i < 4_500; i++)
            Assert.Contains(
                $"ns-{i}.svc.cluster.local",
                Pods.Patch(handler.Answer(Pods.Review(Pods.Pod(), $"ns-{i}")))!.ToJsonString());
    }
}

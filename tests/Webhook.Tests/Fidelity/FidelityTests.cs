using System.Net;
using System.Text.Json.Nodes;
using CsCheck;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Fidelity;

/// <summary>For generated pods: the patched pod, as kubelet would read it, has the resolv.conf that the unpatched pod
/// would have had, with our nameserver first and the asked options. Only an address in two spellings, which kubelet writes
/// twice, is there once.</summary>
public sealed class FidelityTests
{
    private const int Iterations = 20_000;

    private static readonly string[] s_warned =
    [
        "left out: at most 3", "at most 32", "at most 2048", "longer than 253", "kept as it is", "musl", "ignored",
    ];

    [Fact]
    public void Patched_pod_gets_kubelets_own_result_plus_our_change() =>
        GeneratedPods.Samples.Sample(
            sample =>
            {
                var answer = Answer(sample);
                if (!IsInjected(answer))
                {
                    return;
                }

                var kubelet = Kubelet(sample);
                var without = kubelet.ComposeUntrimmed(sample.Pod, sample.Namespace);
                var expected = KubeletModel.Trim(new ResolvConfModel(
                    Servers(sample, without), Searches(sample, without), Options(sample)));

                var patched = kubelet.Compose(Pods.Apply(sample.Pod, answer), sample.Namespace);

                Assert.Equal(expected.ToString(), patched.ToString());
            },
            iter: Iterations);

    [Fact]
    public void Pod_is_injected_exactly_when_its_resolv_conf_would_name_cluster_dns() =>
        GeneratedPods.Samples.Sample(
            sample =>
            {
                var spec = sample.Pod["spec"]!;
                var policy = (string?)spec["dnsPolicy"] ?? "ClusterFirst";
                var clusterDns = policy == "ClusterFirstWithHostNet"
                    || (policy == "ClusterFirst" && !((bool?)spec["hostNetwork"] ?? false));
                var wanted = (string?)sample.Pod["metadata"]!["annotations"]?["nodedns.io/inject"] != "disabled";
                Assert.Equal(
                    clusterDns && wanted && AcceptedButForLength(sample.Pod),
                    IsInjected(Answer(sample)));
            },
            iter: Iterations);

    [Fact]
    public void Pod_that_the_api_server_accepts_is_accepted_after_the_patch() =>
        GeneratedPods.Samples.Sample(
            sample =>
            {
                var answer = Answer(sample);
                Assert.True((bool)answer["response"]!["allowed"]!);
                var patched = Pods.Apply(sample.Pod, answer);
                if (ApiServerModel.Accepts(sample.Pod) || IsInjected(answer))
                {
                    Assert.True(ApiServerModel.Accepts(patched), patched.ToString());
                }
                else
                {
                    Assert.Equal(sample.Pod.ToJsonString(), patched.ToJsonString());
                }
            },
            iter: Iterations);

    [Fact]
    public void Second_call_changes_nothing_more() =>
        GeneratedPods.Samples.Sample(
            sample =>
            {
                var first = Answer(sample);
                var patched = Pods.Apply(sample.Pod, first);
                var second = Answer(sample with { Pod = (JsonObject)patched });
                Assert.Null(Pods.Patch(second));
            },
            iter: Iterations / 4);

    [Fact]
    public void Change_that_is_taken_back_leaves_nothing_behind() =>
        GeneratedPods.Samples.Sample(
            sample =>
            {
                var first = Answer(sample);
                if (!IsInjected(first))
                {
                    return;
                }

                var patched = Pods.Apply(sample.Pod, first);
                var expected = sample.Pod.DeepClone();
                foreach (var pod in (JsonNode[])[patched, expected])
                {
                    pod["spec"]!["schedulerName"] = "fargate-scheduler";
                }

                var second = Answer(sample with { Pod = (JsonObject)patched });

                Assert.Equal("undone", (string?)second["response"]!["auditAnnotations"]!["decision"]);
                Assert.Equal("fargate", second.Reason());
                Assert.True(JsonNode.DeepEquals(expected, Pods.Apply(patched, second)));
            },
            iter: Iterations / 4);

    [Fact]
    public void Equal_pods_get_equal_bytes() =>
        GeneratedPods.Samples.Sample(
            sample =>
                Assert.Equal(Answer(sample).ToJsonString(), Answer(sample).ToJsonString()), iter: Iterations / 10);

    [Fact]
    public void Warnings_are_few_and_short() =>
        GeneratedPods.Samples.Sample(
            sample =>
            {
                var warnings = Answer(sample).Warnings();
                Assert.InRange(warnings.Sum(warning => warning.Length), 0, 4096);
                Assert.All(warnings, warning => Assert.InRange(warning.Length, 1, 240));
            },
            iter: Iterations / 10);

    /// <summary>A suite that generates only easy pods would prove nothing.</summary>
    [Fact]
    public void Generated_pods_reach_every_decision_that_depends_on_the_pods_dns()
    {
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        GeneratedPods.Samples.Sample(
            sample =>
            {
                var answer = Answer(sample);
                Count(answer.Reason() ?? "injected");
                foreach (var warning in answer.Warnings())
                {
                    foreach (var part in s_warned)
                    {
                        if (warning.Contains(part, StringComparison.Ordinal))
                        {
                            Count(part);
                        }
                    }
                }
            },
            iter: Iterations / 4);
        Assert.True(seen["injected"] > Iterations / 40);
        string[] wanted =
        [
            "policy-default", "policy-none", "already-configured", "policy-invalid", "host-network", "pod-invalid",
            "pod-opted-out",
        ];
        Assert.Empty(wanted.Concat(s_warned).Except(seen.Keys));

        void Count(string what) => seen.AddOrUpdate(what, 1, (_, count) => count + 1);
    }

    private static JsonNode Answer(Sample sample)
    {
        var options = new List<ResolverOption>();
        Assert.True(ResolverOption.TryParseList(string.Join(',', sample.Options), options, out _));
        var dns = new DnsModel
        {
            LocalAddresses = [GeneratedPods.Local],
            ClusterDns = [.. sample.ClusterDns],
            ClusterDomain = sample.ClusterDomain,
            HostSearches = sample.HostSearches,
            Fallback = sample.Fallback ? Fallback.ClusterDns : Fallback.None,
            Options = options,
            Limits = new ApiLimits { AllowUnderscores = true },
        };
        return Handlers.New(dns).Answer(Pods.Review(sample.Pod.DeepClone(), sample.Namespace));
    }

    private static bool IsInjected(JsonNode answer) => Pods.Patch(answer) is not null;

    /// <summary>A search domain of more than 253 characters is the one thing that we drop and the API server
    /// rejects.</summary>
    private static bool AcceptedButForLength(JsonNode pod)
    {
        var copy = pod.DeepClone();
        if (copy["spec"]!["dnsConfig"]?["searches"] is JsonArray searches)
        {
            for (var i = 0; i < searches.Count; i++)
            {
                if (((string)searches[i]!).Length > 253)
                {
                    searches[i] = "x".PadRight(((string)searches[i]!).Length % 253 + 1, 'x');
                }
            }
            // The line's length counts the long ones too.
            if (string.Join(' ', ((JsonArray)pod["spec"]!["dnsConfig"]!["searches"]!).Select(search => (string)search!))
                .Length > 2048)
            {
                return false;
            }
        }
        return ApiServerModel.Accepts(copy);
    }

    private static KubeletModel Kubelet(Sample sample) =>
        new(sample.ClusterDns, sample.ClusterDomain, ["192.0.2.53"], sample.HostSearches);

    private static string? Annotation(Sample sample, string name) =>
        (string?)sample.Pod["metadata"]!["annotations"]?["nodedns.io/" + name];

    private static string[] Servers(Sample sample, ResolvConfModel without)
    {
        var fallback = Annotation(sample, "fallback") is { } said ? said == "cluster-dns" : sample.Fallback;
        var own = (sample.Pod["spec"]!["dnsConfig"]?["nameservers"] as JsonArray ?? [])
            .Select(server => (string)server!);
        return [.. new[] { GeneratedPods.Local }.Concat(fallback ? without.Servers : own).DistinctBy(IPAddress.Parse)];
    }

    private static string[] Searches(Sample sample, ResolvConfModel without) =>
        [.. without.Searches.Concat(Annotation(sample, "searches")?.Split(',') ?? []).Distinct()];

    private static SortedSet<string> Options(Sample sample)
    {
        var merged = new Dictionary<string, string> { ["ndots"] = "5" };
        foreach (var option in sample.Options)
        {
            Set(option);
        }

        foreach (var option in sample.Pod["spec"]!["dnsConfig"]?["options"] as JsonArray ?? [])
        {
            merged[(string)option!["name"]!] = (string?)option["value"] ?? "";
        }

        if (Annotation(sample, "options") == "rotate,timeout:4")
        {
            Set("rotate");
            Set("timeout:4");
        }
        if (Annotation(sample, "ndots") is { } ndots and not "99")
        {
            Set("ndots:" + ndots);
        }

        if (Annotation(sample, "timeout") is { } timeout)
        {
            Set("timeout:" + timeout);
        }

        if (Annotation(sample, "use-vc") == "true")
        {
            merged["use-vc"] = "";
        }
        else if (Annotation(sample, "use-vc") == "false")
        {
            merged.Remove("use-vc");
        }

        return [.. merged.Select(option => option.Value.Length > 0 ? $"{option.Key}:{option.Value}" : option.Key)];

        void Set(string option) =>
            merged[option.Split(':')[0]] = option.Contains(':') ? option[(option.IndexOf(':') + 1)..] : "";
    }
}

using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests.Policy;

/// <summary>selection.percent under the policy: another draw than the webhook's, with the same promises.</summary>
public sealed class ShareTests(Policies policies) : IClassFixture<Policies>
{
    private static readonly int[] s_shares = [0, 10, 25, 50, 75, 100];

    [Fact]
    public void A_share_of_the_workloads_is_in_and_raising_it_takes_none_out()
    {
        Install();
        var workloads = Enumerable.Range(0, 200).Select(i => Owned("ReplicaSet", $"shop-{i}-6d5f7d6c9b", "6d5f7d6c9b")).ToList();
        HashSet<int> before = [];
        foreach (var share in s_shares)
        {
            HashSet<int> now = [.. Enumerable.Range(0, workloads.Count).Where(i => IsIn(share, workloads[i]))];
            Assert.Empty(before.Except(now));
            Assert.InRange(now.Count, share * 2 - 30, share * 2 + 30);
            before = now;
        }

        Assert.Equal(200, before.Count);
    }

    /// <summary>The controllers' own suffixes are left off, so that all revisions and runs of a workload are in or out together.</summary>
    [Theory]
    [InlineData("ReplicaSet", "web-6d5f7d6c9b", "6d5f7d6c9b", "web-7f8b9c5d4e", "7f8b9c5d4e")]
    [InlineData("Job", "backup-28391040", "", "backup-28391041", "")]
    [InlineData("Job", "backup-1703462400", "", "backup-1703466000", "")]
    [InlineData("ReplicationController", "front-1", "", "front-22", "")]
    public void All_revisions_and_runs_are_in_or_out_together(string kind, string name, string hash, string other, string otherHash)
    {
        Install();
        foreach (var prefix in Enumerable.Range(0, 20).Select(i => $"n{i}-"))
        {
            Assert.Equal(IsIn(50, Owned(kind, prefix + name, hash)), IsIn(50, Owned(kind, prefix + other, otherHash)));
        }
    }

    [Fact]
    public void A_pod_that_asks_by_itself_is_in_whatever_the_share()
    {
        Install();
        var pod = Owned("ReplicaSet", "web-6d5f7d6c9b", "6d5f7d6c9b");
        pod["metadata"]!["labels"]!["nodedns.io/inject"] = "enabled";
        Assert.True(IsIn(0, pod));
    }

    [Fact]
    public void A_label_can_decide_for_several_workloads()
    {
        string[] values = ["--set", "selection.percent=50,selection.percentSeedLabel=team"];
        policies.Require("web");
        policies.Install([.. s_shares.Select(Values), values]);
        var teams = Enumerable.Range(0, 20).Select(team => new[] { "web-6d5f7d6c9b", "api-6d5f7d6c9b" }.Select(name =>
        {
            var pod = Owned("ReplicaSet", name, "6d5f7d6c9b");
            pod["metadata"]!["labels"]!["team"] = $"team-{team}";
            return (string?)policies.Create(values, pod).Object["spec"]!["dnsPolicy"];
        }).Distinct().ToList()).ToList();
        Assert.All(teams, team => Assert.Single(team));
        Assert.Equal(2, teams.Select(team => team[0]).Distinct().Count());
    }

    private static string[] Values(int share) => ["--set", $"selection.percent={share}"];

    private void Install()
    {
        policies.Require("web");
        policies.Install([.. s_shares.Select(Values)]);
    }

    private bool IsIn(int share, JsonObject pod) => (string?)policies.Create(Values(share), pod).Object["spec"]!["dnsPolicy"] == "None";

    private static JsonObject Owned(string kind, string name, string hash)
    {
        var pod = Policies.Pod("web", name + "-x");
        pod["metadata"]!["labels"] = new JsonObject { ["pod-template-hash"] = hash };
        pod["metadata"]!["ownerReferences"] = JsonNode.Parse(
            $$"""[{"apiVersion": "apps/v1", "kind": "{{kind}}", "name": "{{name}}", "uid": "1", "controller": true}]""");
        return pod;
    }
}

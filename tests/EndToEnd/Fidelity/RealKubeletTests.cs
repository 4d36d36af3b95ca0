using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Fidelity;

/// <summary>A changed pod has the resolv.conf that kubelet writes for the same pod unchanged, plus our change.</summary>
[Collection(Order.Installed)]
public sealed class RealKubeletTests(KubeletRun run) : IClassFixture<KubeletRun>
{
    public static TheoryData<string> Names => [.. PodCase.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_pod_has_kubelets_own_resolv_conf_plus_our_change(string name)
    {
        var pod = PodCase.All.Single(c => c.Name == name);
        var plain = run.Of(name + "-plain");
        Assert.Equal(pod.Expected(plain, run.ClusterDns).ToString(), run.Of(name).ToString());
    }
}

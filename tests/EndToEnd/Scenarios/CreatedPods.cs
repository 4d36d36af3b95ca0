using System.Text.Json.Nodes;
using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Scenarios;

/// <summary>Pods created one after the other, from the making of this object on. Each passes through all of admission and is not
/// kept.</summary>
internal sealed class CreatedPods : IDisposable
{
    private readonly CancellationTokenSource _enough = new();
    private readonly List<JsonNode> _pods = [];
    private readonly Task _creating;
    private readonly string _clusterDns;

    public CreatedPods(string clusterDns)
    {
        _clusterDns = clusterDns;
        var pod = Pods.Sleeping(Installation.Labelled, "created").ToJsonString();
        _creating = Task.Run(() =>
        {
            while (!_enough.IsCancellationRequested)
            {
                _pods.Add(Kubectl.DryRun(pod, Installation.Labelled).Object);
            }
        });
    }

    /// <summary>Ends the creating, and looks at every pod.</summary>
    public void AssertInjectedOnce(string when)
    {
        _enough.Cancel();
        _creating.Wait();
        Assert.NotEmpty(_pods);
        for (var i = 0; i < _pods.Count; i++)
        {
            var config = _pods[i]["spec"]!["dnsConfig"];
            Assert.True(config is not null, $"{when}: pod {i + 1} of {_pods.Count} was missed");
            Assert.Equal($"""["{Installation.LocalAddress}","{_clusterDns}"]""", config["nameservers"]!.ToJsonString());
            Assert.Equal($"""["{Installation.Labelled}.svc.cluster.local","svc.cluster.local","cluster.local"]""", config["searches"]!.ToJsonString());
            Assert.Equal("""[{"name":"ndots","value":"5"}]""", config["options"]!.ToJsonString());
            Assert.EndsWith("""; was {"dnsPolicy":"ClusterFirst"}""", (string?)_pods[i]["metadata"]!["annotations"]!["nodedns.io/status"], StringComparison.Ordinal);
        }
    }

    public void Dispose()
    {
        _enough.Cancel();
        _creating.Wait();
        _enough.Dispose();
    }
}

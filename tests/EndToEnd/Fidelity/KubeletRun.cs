using System.Text.Json.Nodes;
using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Fidelity;

/// <summary>All cases' pods, run by kubelet once; what each printed.</summary>
public sealed class KubeletRun
{
    internal const string Namespace = "fidelity";

    private readonly Dictionary<string, ResolvConf> _confs = [];

    public KubeletRun(Installation installation)
    {
        ClusterDns = installation.ClusterDns;
        Kubectl.Namespace(Namespace, "nodedns.io/inject=enabled");
        var list = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "List",
            ["items"] = new JsonArray([.. PodCase.All.SelectMany(c => c.Manifests(Namespace))]),
        };
        Kubectl.Apply(list.ToJsonString());
        Kubectl.Run("wait", "-n", Namespace, "--for=jsonpath={.status.phase}=Succeeded", "pod", "--all", "--timeout=180s");
        var text = Kubectl.Run("logs", "-n", Namespace, "-l", "suite=fidelity", "--prefix", "--tail=-1", "--max-log-requests=500");
        foreach (var pod in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).GroupBy(line => line.Split('/', 3)[1]))
        {
            _confs[pod.Key] = ResolvConf.Parse(string.Join('\n', pod.Select(line => line[(line.IndexOf(']', StringComparison.Ordinal) + 2)..])));
        }
    }

    internal string ClusterDns { get; }

    internal ResolvConf Of(string pod) => _confs[pod];
}

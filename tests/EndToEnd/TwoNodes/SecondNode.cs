using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.TwoNodes;

/// <summary>A node that joins the cluster of eng/cluster for some tests, and can be lost. One that was there before stays.</summary>
public sealed class SecondNode : IDisposable
{
    internal const string Name = "node2";

    private readonly bool _stays = OwnCluster.Is && Nodes().Contains(Name);

    public void Dispose()
    {
        if (!OwnCluster.Is)
        {
            return;
        }

        if (_stays)
        {
            Join();
        }
        else
        {
            Leave();
        }
    }

    internal static string[] Nodes() =>
        [.. Kubectl.Json("get", "nodes")["items"]!.AsArray().Select(node => (string)node!["metadata"]!["name"]!)];

    /// <summary>Joins, unless it is there: with every image, or with these archives alone, and then the cache need not get ready.</summary>
    internal static void Join(params string[] images)
    {
        if (Nodes().Contains(Name))
        {
            return;
        }

        OwnCluster.Node(["up", "2", .. images]);
        if (images.Length == 0)
        {
            Kubectl.Run("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet, "--timeout=180s");
        }
    }

    /// <summary>Its processes and its network are gone; the cluster has not been told.</summary>
    internal static void Lose() => OwnCluster.Node("down", "2");

    /// <summary>It has gone, and its pods with it.</summary>
    internal static void Leave()
    {
        Lose();
        Kubectl.Run("delete", "node", Name, "--ignore-not-found");
        Kubectl.Run("delete", "pods", "-A", "--field-selector", "spec.nodeName=" + Name, "--grace-period=0", "--force");
        Kubectl.Run("rollout", "status", "-n", Installation.Namespace, "deployment/node-dns-webhook", "--timeout=180s");
        Kubectl.Run("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet, "--timeout=180s");
    }
}

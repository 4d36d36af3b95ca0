using System.Text.Json.Nodes;

namespace NodeDns.EndToEnd.Cluster;

/// <summary>Manifests of pods that sleep, and what is in them.</summary>
internal static class Pods
{
    /// <summary>The article's busybox pod, <c>sleep 60m</c>, as JSON that can be added to.</summary>
    public static JsonObject Sleeping(string ns, string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        ["spec"] = new JsonObject
        {
            ["terminationGracePeriodSeconds"] = 0,
            ["automountServiceAccountToken"] = false,
            ["containers"] = new JsonArray(new JsonObject
            {
                ["name"] = "busybox",
                ["image"] = Images.Busybox,
                ["imagePullPolicy"] = "IfNotPresent",
                ["command"] = new JsonArray("sleep", "60m"),
            }),
        },
    };

    /// <summary>Creates the pod and waits until it runs; returns kubectl's warnings.</summary>
    public static string Start(JsonObject pod)
    {
        var warnings = Kubectl.Apply(pod.ToJsonString()).Error;
        Kubectl.WaitReady((string)pod["metadata"]!["namespace"]!, "pod/" + (string)pod["metadata"]!["name"]!);
        return warnings;
    }

    public static JsonObject Annotated(this JsonObject pod, string key, string value)
    {
        var metadata = pod["metadata"]!.AsObject();
        (metadata["annotations"] ??= new JsonObject())[key] = value;
        return pod;
    }

    public static JsonObject Labelled(this JsonObject pod, string key, string value)
    {
        var metadata = pod["metadata"]!.AsObject();
        (metadata["labels"] ??= new JsonObject())[key] = value;
        return pod;
    }

    /// <summary>The pod on this node, whatever the scheduler would say.</summary>
    public static JsonObject On(this JsonObject pod, string node)
    {
        pod["spec"]!["nodeName"] = node;
        return pod;
    }

    public static string NodeOf(string ns, string pod) => (string)Kubectl.Json("get", "pod", "-n", ns, pod)["spec"]!["nodeName"]!;

    /// <summary>Names of the pods with a label that are not on their way out.</summary>
    /// <param name="node">Only those of this node; null for all.</param>
    public static string[] NamesOf(string ns, string label, string? node = null) => [.. Kubectl.Json("get", "pods", "-n", ns, "-l", label)
        ["items"]!.AsArray().Where(p => p!["metadata"]!["deletionTimestamp"] is null && (node is null || (string?)p["spec"]!["nodeName"] == node))
        .Select(p => (string)p!["metadata"]!["name"]!)];

    public static ResolvConf ResolvConfOf(string ns, string pod) =>
        ResolvConf.Parse(Kubectl.Exec(ns, pod, "cat", "/etc/resolv.conf"));
}

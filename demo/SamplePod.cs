using System.Text.Json.Nodes;

namespace NodeDns.Demo;

internal static class SamplePod
{
    public const string Namespace = "demo";

    /// <summary>The pod of `kubectl run busybox --image=busybox -- sleep 60m`, as the API server shows it to webhooks.</summary>
    public static JsonNode Read() => JsonNode.Parse($$"""
        {
          "apiVersion": "v1",
          "kind": "Pod",
          "metadata": { "name": "busybox", "namespace": "{{Namespace}}", "labels": { "run": "busybox" } },
          "spec": {
            "containers": [
              { "name": "busybox", "image": "busybox", "args": ["sleep", "60m"], "resources": {},
                "imagePullPolicy": "IfNotPresent", "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File" }
            ],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "default",
            "securityContext": {},
            "schedulerName": "default-scheduler"
          },
          "status": {}
        }
        """)!;
}

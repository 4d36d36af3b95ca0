namespace NodeDns.Chart.Tests;

/// <summary>A cluster of its own that has the Prometheus operator's kinds too, with whatever fields. Other tests need one that has
/// not.</summary>
public sealed class MonitoredApiServer : ApiServer
{
    protected override void Furnish()
    {
        base.Furnish();
        foreach (var kind in new[] { "ServiceMonitor", "PodMonitor", "PrometheusRule" })
        {
            KubectlWith($$"""
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: {{kind.ToLowerInvariant()}}s.monitoring.coreos.com}
                spec:
                  group: monitoring.coreos.com
                  scope: Namespaced
                  names: {kind: {{kind}}, plural: {{kind.ToLowerInvariant()}}s, singular: {{kind.ToLowerInvariant()}}}
                  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true} } }]
                """, "apply", "-f", "-");
        }

        Until(() => Kubectl("get", "servicemonitors,podmonitors,prometheusrules", "-A").ExitCode == 0, "monitoring's kinds are not served");
    }
}

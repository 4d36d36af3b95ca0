using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Scenarios;

/// <summary>A cluster without cert-manager: Helm makes the certificate, and an upgrade keeps it.</summary>
[Collection(Order.OwnCertificate)]
public sealed class HelmCertificateTests(Installation installation)
{
    private const string Release = "second";
    private const string Ns = "second";

    [Fact]
    public void The_certificate_that_helm_made_is_trusted_and_survives_an_upgrade()
    {
        Kubectl.TryHelm("uninstall", Installation.Release, "--namespace", Installation.Namespace, "--wait", "--timeout=60s");
        string[] chart = [Release, Tool.ChartFolder, "--namespace", Ns, "--wait", "--timeout=90s",
            "--set", "tls.mode=helm,webhook.replicas=1,cache.enabled=false", .. Images.AsValues()];
        try
        {
            Kubectl.Helm(["install", "--create-namespace", .. chart]);
            Installation.WaitUntilInjecting();
            var bundle = Bundle();
            Kubectl.Helm(["upgrade", .. chart, "--set", "webhook.logLevel=debug"]);
            Assert.Equal(bundle, Bundle());
            Installation.WaitUntilInjecting();
            var pod = Kubectl.DryRun(Pods.Sleeping(Installation.Labelled, "helm-made").ToJsonString(), Installation.Labelled);
            Assert.Equal(installation.ClusterDns, (string?)pod.Object["spec"]!["dnsConfig"]!["nameservers"]![1]);
            Assert.Contains("does not answer", pod.Warnings, StringComparison.Ordinal);
        }
        finally
        {
            Kubectl.TryHelm("uninstall", Release, "--namespace", Ns, "--wait", "--timeout=60s");
        }
    }

    /// <summary>Every upgrade from one way to have a certificate to another leaves a webhook that the API server trusts.</summary>
    [Fact]
    public void A_webhook_injects_after_each_change_of_the_tls_mode()
    {
        Kubectl.TryHelm("uninstall", Installation.Release, "--namespace", Installation.Namespace, "--wait", "--timeout=120s");
        string[] chart = [Release, Tool.ChartFolder, "--namespace", Ns, "--create-namespace", "--wait", "--timeout=120s",
            "--set", "webhook.replicas=1,cache.enabled=false", .. Images.AsValues()];
        string[] own = [];
        try
        {
            foreach (var mode in new[] { "helm", "certManager", "existingSecret", "helm", "existingSecret", "certManager", "helm" })
            {
                Kubectl.Helm(["upgrade", "--install", .. chart, "--set", "tls.mode=" + mode, .. mode == "existingSecret" ? own : []]);
                own = own.Length > 0 ? own : Copied();
                Installation.WaitUntilInjecting();
            }
        }
        finally
        {
            Kubectl.TryHelm("uninstall", Release, "--namespace", Ns, "--wait", "--timeout=120s");
        }
    }

    /// <summary>The Secret that Helm made, copied into one of the user's, as values.</summary>
    private static string[] Copied()
    {
        var made = Kubectl.Json("get", "secret", "-n", Ns, Release + "-webhook-helm-tls")["data"]!;
        Kubectl.Apply($$"""
            {apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: {name: own-tls, namespace: {{Ns}}}, data: {{made.ToJsonString()}}}
            """);
        return ["--set", "tls.existingSecret=own-tls", "--set-string", $"tls.caBundle={made["ca.crt"]}"];
    }

    private static string Bundle() => Kubectl.Run("get", "mutatingwebhookconfiguration", Release + "-webhook",
        "-o", "jsonpath={.webhooks[*].clientConfig.caBundle}");
}

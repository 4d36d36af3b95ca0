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

    private static string Bundle() => Kubectl.Run("get", "mutatingwebhookconfiguration", Release + "-webhook",
        "-o", "jsonpath={.webhooks[*].clientConfig.caBundle}");
}

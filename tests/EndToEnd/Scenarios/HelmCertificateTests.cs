using System.Text;
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
            AssertTested();
        }
        finally
        {
            Kubectl.TryHelm("uninstall", Release, "--namespace", Ns, "--wait", "--timeout=60s");
        }

        Installation.AssertNothingLeft(Ns, Release);
    }

    /// <summary>From each way to have a certificate, and from the policy, which needs none, to each other.</summary>
    private static readonly string[] s_steps =
    [
        "policy", "helm", "existingSecret", "certManager", "policy", "existingSecret", "helm", "policy", "certManager", "helm", "certManager",
        "existingSecret", "policy",
    ];

    /// <summary>Every upgrade leaves something that injects. While the engine changes no pod is missed, and none is changed twice.</summary>
    [Fact]
    public void Pods_are_injected_after_each_change_of_the_tls_mode_and_during_each_change_of_the_engine()
    {
        Kubectl.TryHelm("uninstall", Installation.Release, "--namespace", Installation.Namespace, "--wait", "--timeout=120s");
        string[] chart = [Release, Tool.ChartFolder, "--namespace", Ns, "--create-namespace", "--wait", "--timeout=180s",
            "--set", "webhook.replicas=1,cache.enabled=false", .. Images.AsValues()];
        string[] own = [];
        var before = "";
        try
        {
            foreach (var step in s_steps.Where(step => Installation.HasPolicies || step != "policy"))
            {
                string[] values = step == "policy" ? ["--set", "engine=policy"] : ["--set", "engine=webhook,tls.mode=" + step, .. step == "existingSecret" ? own : []];
                using (var pods = before.Length > 0 && (step == "policy" || before == "policy") ? new CreatedPods(installation.ClusterDns) : null)
                {
                    Kubectl.Helm(["upgrade", "--install", .. chart, .. values]);
                    Installation.WaitUntilInjecting();
                    pods?.AssertInjectedOnce($"from {before} to {step}");
                }

                Assert.Equal(step != "policy", Kubectl.Try("get", "mutatingwebhookconfiguration", Release + "-webhook").ExitCode == 0);
                Assert.Equal(step == "policy", Kubectl.Try("get", "mutatingadmissionpolicy", Release + "-policy").ExitCode == 0);
                own = own.Length == 0 && step == "helm" ? Copied() : own;
                before = step;
            }
        }
        finally
        {
            Kubectl.TryHelm("uninstall", Release, "--namespace", Ns, "--wait", "--timeout=120s");
        }

        Installation.AssertNothingLeft(Ns, Release);
    }

    /// <summary>helm test is green, in a namespace that is not the usual one, and where the API server trusts another authority it
    /// says so.</summary>
    private static void AssertTested()
    {
        string[] test = ["test", Release, "--namespace", Ns, "--timeout=120s"];
        Kubectl.Helm(test);
        Assert.DoesNotContain(Release + "-test", Kubectl.Run("get", "pods,serviceaccounts,roles,clusterroles", "-n", Ns, "-o", "name"), StringComparison.Ordinal);

        var other = Kubectl.Run("get", "configmap", "kube-root-ca.crt", "-n", Ns, "-o", "jsonpath={.data.ca\\.crt}");
        Kubectl.Run("patch", "mutatingwebhookconfiguration", Release + "-webhook", "--type=json", "-p",
            $$"""[{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": "{{Convert.ToBase64String(Encoding.UTF8.GetBytes(other))}}"}]""");
        Assert.NotEqual(0, Kubectl.TryHelm(test).ExitCode);
        Assert.Matches($"error: the certificate of {Release}-webhook-[^ ]+ is not issued by the caBundle",
            Kubectl.Run("logs", "-n", Ns, Release + "-test"));
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

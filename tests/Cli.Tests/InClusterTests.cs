using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary>The plugin in a pod: no kubeconfig, the service account's files and the variables that kubelet sets, and a real API
/// server whose certificate those files have to vouch for.</summary>
public sealed class InClusterTests
{
    private const string Ns = "in-cluster";

    private readonly ControlPlane _cluster;
    private readonly string _account;

    public InClusterTests(ControlPlane cluster)
    {
        _cluster = cluster;
        _cluster.Require();
        Assert.SkipUnless(Tool.Run("unshare", "--mount", "true").ExitCode == 0, "no mount namespace can be made here, for a pod's /var/run/secrets");
        _cluster.Apply(Manifests.Release);
        _cluster.Apply(Manifests.Namespace(Ns) + Manifests.Pod(Ns, "only", "ReplicaSet/web", "dnsPolicy: None, dnsConfig: {nameservers: [169.254.20.10]}, "));
        _account = Directory.CreateDirectory(Path.Combine(_cluster.Folder, "account")).FullName;
        File.WriteAllText(Path.Combine(_account, "token"), "admin\n");
        File.WriteAllText(Path.Combine(_account, "namespace"), Ns);
        File.Copy(Path.Combine(_cluster.Folder, "apiserver.crt"), Path.Combine(_account, "ca.crt"), overwrite: true);
    }

    [Fact]
    public void Its_account_and_the_authority_of_the_cluster_are_used()
    {
        var run = InPod("undo", "--check", "-A");
        Assert.Contains($"  {Ns}/only (ReplicaSet web)\n", run.Output, StringComparison.Ordinal);
        Assert.Equal((1, ""), (run.ExitCode, run.Error));
    }

    [Fact]
    public void Its_namespace_is_the_one_that_is_meant()
    {
        Assert.Contains("1 pod has ", InPod("undo", "--check").Output, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_account, "namespace"), "default");
        Assert.Contains("No pod of namespace default", InPod("undo", "--check").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_authority_that_did_not_issue_the_certificate_is_not_enough()
    {
        File.WriteAllText(Path.Combine(_account, "ca.crt"), Certificates.SelfSigned("other").ExportCertificatePem());
        var run = InPod("undo", "--check", "-A");
        Assert.StartsWith($"error: cannot reach the cluster at https://127.0.0.1:{_cluster.Port}/ (the pod's service account): ", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.ExitCode);
    }

    [Fact]
    public void A_token_that_is_not_valid_is_said_to_be_the_accounts()
    {
        File.WriteAllText(Path.Combine(_account, "token"), "wrong");
        var run = InPod("undo", "--check", "-A");
        Assert.Contains("does not accept these credentials (the pod's service account)", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.ExitCode);
    }

    /// <summary>Runs it with a /run of its own.</summary>
    private Tool InPod(params string[] arguments) => Tool.Run("unshare",
    [
        "--mount", "sh", "-ec",
        """
        account=$1; shift
        mount -t tmpfs none "$(readlink -f /var/run)"
        mkdir -p /var/run/secrets/kubernetes.io
        ln -s "$account" /var/run/secrets/kubernetes.io/serviceaccount
        exec env -u KUBECONFIG HOME=/nonexistent "$@"
        """,
        "-", _account, "KUBERNETES_SERVICE_HOST=127.0.0.1", $"KUBERNETES_SERVICE_PORT={_cluster.Port}", Plugin.Program, .. arguments,
    ]);
}

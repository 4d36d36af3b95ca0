namespace NodeDns.Chart.Tests;

/// <summary>What Helm reads of the cluster, and with which rights.</summary>
public sealed class LookupTests(ApiServer server)
{
    /// <summary>helm install --dry-run=server, as release nd in namespace node-dns.</summary>
    private Tool Install(params string[] arguments)
    {
        server.Require();
        return server.Helm(["install", "nd", Tool.ChartFolder, "--namespace", "node-dns", "--dry-run=server", .. arguments]);
    }

    /// <summary>An error of a look-up fails the install, also where only the notes wanted to know.</summary>
    [Theory]
    [InlineData("webhook.logLevel=info")]
    [InlineData("webhook.enabled=false")]
    [InlineData("cache.enabled=false")]
    [InlineData("tls.mode=helm")]
    [InlineData("tls.mode=existingSecret,tls.existingSecret=mine")]
    public void An_account_that_may_read_nothing_of_kube_system_can_install(string values)
    {
        server.Require();
        server.Namespace("node-dns");
        server.KubectlWith("""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: installer}
            rules:
              - {apiGroups: [rbac.authorization.k8s.io, admissionregistration.k8s.io], resources: ["*"], verbs: ["*"]}
            ---
            {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: installer},
             roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: installer}, subjects: [{kind: User, name: installer}]}
            ---
            {apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: installer, namespace: node-dns},
             roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}, subjects: [{kind: User, name: installer}]}
            """, "apply", "-f", "-");
        Assert.Equal("no", server.Kubectl("auth", "can-i", "get", "configmaps", "-n", "kube-system", "--as", "installer").Output.Trim());
        var installed = Install("--kube-as-user", "installer", "--set", "dns.clusterDNS={10.96.0.10}", "--set", values);
        Assert.True(installed.ExitCode == 0, installed.Error);
        Assert.Contains("is installed as nd", installed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_address_of_the_service_goes_to_cache_guard_and_webhook()
    {
        var installed = Install();
        Assert.True(installed.ExitCode == 0, installed.Error);
        var rendered = Rendered.OfInstall(installed.Output);
        Assert.Contains("--cluster-dns=10.96.0.10", rendered.One("Deployment", "nd-webhook").Container("webhook").Strings("args"));
        Assert.All(new[] { "guard", "cache" }, name => Assert.Contains("--cluster-dns=10.96.0.10",
            rendered.One("DaemonSet", "nd-cache").Container(name).Strings("args")));
    }

    [Theory]
    [InlineData("monitoring.serviceMonitor.enabled=true", "monitoring.serviceMonitor.enabled is true and this cluster has no ServiceMonitor")]
    [InlineData("monitoring.podMonitor.enabled=true", "monitoring.podMonitor.enabled is true and this cluster has no PodMonitor")]
    public void Kinds_that_the_cluster_does_not_have_are_refused_by_the_value_that_needs_them(string value, string said) =>
        Assert.Contains(said, Install("--set", value).Error, StringComparison.Ordinal);
}

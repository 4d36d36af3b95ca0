using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary>What can go wrong between the user and the cluster is one sentence and exit code 2.</summary>
public sealed class TroubleTests
{
    private readonly ControlPlane _cluster;

    public TroubleTests(ControlPlane cluster)
    {
        _cluster = cluster;
        _cluster.Require();
        _cluster.Apply(Manifests.Release);
    }

    [Fact]
    public void A_cluster_that_is_not_there_is_named()
    {
        var run = Plugin.RunAs(Kubeconfig("https://127.0.0.1:1", "token: x"), "report");
        Assert.StartsWith("error: cannot reach the cluster at https://127.0.0.1:1/ (context test): Connection refused", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.ExitCode);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_cluster_that_does_not_answer_is_not_waited_for_beyond_the_request_timeout()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var run = Plugin.RunAs(Kubeconfig($"http://{silent.LocalEndpoint}", "token: x"), "report", "--request-timeout", "200ms");
        Assert.Contains("within 0.2 s (--request-timeout)", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.ExitCode);
    }

    [Fact]
    public void Who_may_nothing_gets_the_rule_that_allows_it()
    {
        var kubeconfig = Limited();
        var run = Plugin.RunAs(kubeconfig, "report", "-A");
        Assert.Contains("not allowed to list namespaces in the whole cluster", run.Error, StringComparison.Ordinal);
        Assert.Contains("""- {apiGroups: [""], resources: ["namespaces"], verbs: ["list"]}""", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.ExitCode);
    }

    [Fact]
    public void Who_sees_one_namespace_gets_its_pods_and_what_is_unknown()
    {
        const string ns = "limited-view";
        _cluster.Apply(Manifests.Namespace(ns) + Manifests.Pod(ns, "p") + $$"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: limited, namespace: {{ns}}}
            rules: [{apiGroups: ["", networking.k8s.io, apps, batch], resources: ["*"], verbs: [get, list, watch]}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: limited, namespace: {{ns}}}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: limited}
            subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: limited}]
            """);
        // A role counts a moment after it is written.
        ControlPlane.Until(() => _cluster.Kubectl("auth", "can-i", "list", "pods", "-n", ns, "--as=limited", "--as-group=limited").ExitCode == 0, "the role does not count");
        var run = Plugin.RunAs(Limited(), "report", "-n", ns);
        Assert.Contains("pod/p", run.Output, StringComparison.Ordinal);
        Assert.Contains("unknown: the webhook's settings", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.ExitCode);
    }

    [Fact]
    public void Wrong_credentials_are_said_to_be_wrong()
    {
        var run = Plugin.RunAs(Kubeconfig($"https://127.0.0.1:{_cluster.Port}", "token: wrong"), "report");
        Assert.Contains("does not accept these credentials", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.ExitCode);
    }

    [Fact]
    public void A_user_without_credentials_is_anonymous_as_with_kubectl()
    {
        var run = Plugin.RunAs(Kubeconfig($"https://127.0.0.1:{_cluster.Port}", ""), "report", "-A");
        Assert.Contains("system:anonymous", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.ExitCode);
    }

    [Fact]
    public void A_credential_plugin_and_a_token_file_are_used()
    {
        var plugin = Path.Combine(_cluster.Folder, "plugin");
        File.WriteAllText(plugin, """
            #!/bin/sh
            echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "admin"}}'
            """);
        Tool.Run("chmod", "+x", plugin);
        File.WriteAllText(Path.Combine(_cluster.Folder, "token"), "admin\n");
        foreach (var user in new[] { $"exec: {{apiVersion: client.authentication.k8s.io/v1, command: {plugin}, interactiveMode: Never}}", "tokenFile: token" })
        {
            var run = Plugin.RunAs(Kubeconfig($"https://127.0.0.1:{_cluster.Port}", user), "report", "-n", "node-dns");
            Assert.True(run.ExitCode is 0 or 1, run.Error);
        }
    }

    [Fact]
    public void Impersonation_counts() =>
        Assert.Contains("User \"nobody\"", Plugin.Run(_cluster, "report", "-A", "--as", "nobody").Error, StringComparison.Ordinal);

    [Theory]
    [InlineData("no cluster: ", "--kubeconfig", "EMPTY")]
    [InlineData("--kubeconfig /nowhere: there is no such file", "--kubeconfig", "/nowhere")]
    [InlineData("context nowhere: there is no such context", "--context", "nowhere")]
    [InlineData("cluster nowhere: there is no such cluster", "--cluster", "nowhere")]
    [InlineData("user nobody: there is no such user", "--user", "nobody")]
    [InlineData("namespace nowhere: there is no such namespace", "-n", "nowhere")]
    [InlineData("--all-namespaces and --namespace x: give one of them", "-A", "-n", "x")]
    [InlineData("--output xml: expected table, wide, json, yaml, name", "-o", "xml")]
    [InlineData("--request-timeout soon: expected a time", "--request-timeout", "soon")]
    [InlineData("Unrecognized command or argument '--nonsense': see kubectl nodedns report --help", "--nonsense")]
    [InlineData("--policy x: expected NAMESPACE/NAME", "--policy", "x")]
    [InlineData("NetworkPolicy x/y: there is no such policy", "--policy", "x/y")]
    [InlineData("list pods: ", "-l", "a b c")]
    public void A_bad_flag_is_one_sentence(string expected, params string[] flags)
    {
        var empty = Path.Combine(_cluster.Folder, "empty");
        File.WriteAllText(empty, "apiVersion: v1\nkind: Config\n");
        var run = Plugin.Run(_cluster, ["report", .. flags.Select(flag => flag == "EMPTY" ? empty : flag)]);
        Assert.StartsWith("error: " + expected, run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.ExitCode);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        Assert.Equal("", run.Output);
    }

    [Theory]
    [InlineData("report", "-A")]
    [InlineData("status")]
    [InlineData("rollout")]
    [InlineData("undo")]
    public void A_cluster_without_the_chart_gets_the_line_that_installs_it(params string[] arguments)
    {
        _cluster.Do("delete", "deployment,daemonset", "-n", "node-dns", "--all");
        var run = Plugin.Run(_cluster, arguments);
        Assert.Equal(
            """
            error: the node cache is not installed in this cluster: no Deployment or DaemonSet has the chart's labels
            Install it:
              helm install node-dns charts/node-dns-webhook --namespace node-dns --create-namespace --set image.registry=REGISTRY

            """,
            run.Error);
        Assert.Equal(2, run.ExitCode);
    }

    [Theory]
    [InlineData("500 Internal Server Error", "", "HTTP 500")]
    [InlineData("503 Service Unavailable", "upstream connect error\nreset", "upstream connect error")]
    [InlineData("429 Too Many Requests", """{"kind": "Status", "message": "the server has received too many requests and has asked us to try again later"}""", "too many requests")]
    [InlineData("200 OK", "<html>login</html>", "the answer is no list")]
    public void An_error_of_the_api_server_is_one_sentence(string status, string body, string expected)
    {
        using var server = new RawServer($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
        var run = Plugin.RunAs(Kubeconfig($"http://127.0.0.1:{server.Port}", "token: x"), "report", "-A");
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        Assert.Equal(2, run.ExitCode);
    }

    [Theory]
    [InlineData("report", "-A")]
    [InlineData("doctor")]
    [InlineData("undo", "-A")]
    public void Ctrl_C_before_anything_was_done_says_so(params string[] arguments)
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        using var run = Plugin.StartAs(Kubeconfig($"http://{silent.LocalEndpoint}", "token: x"), arguments);
        using var met = silent.AcceptTcpClient();
        Tool.Run("kill", "-INT", $"{run.Id}");
        Assert.Equal("error: interrupted: nothing was changed\n", run.StandardError.ReadToEnd());
        run.WaitForExit();
        Assert.Equal(2, run.ExitCode);
    }

    [Fact]
    public void A_pipe_gets_neither_colour_nor_progress()
    {
        var run = Plugin.Run(_cluster, "report", "-A");
        Assert.DoesNotContain('\e', run.Output + run.Error);
    }

    private string Limited()
    {
        var path = Path.Combine(_cluster.Folder, "limited");
        File.WriteAllText(path, _cluster.KubeconfigFor("limited"));
        return path;
    }

    private string Kubeconfig(string server, string user)
    {
        var path = Path.Combine(_cluster.Folder, "other-" + Guid.NewGuid().ToString("N"));
        File.WriteAllText(path, $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: test
              cluster:
                server: "{server}"
                insecure-skip-tls-verify: {(server.StartsWith("https", StringComparison.Ordinal) ? "true" : "false")}
            contexts:
            - name: test
              context:
                cluster: test
                user: test
            users:
            - name: test
              user: {"{" + user + "}"}
            current-context: test
            """);
        return path;
    }
}

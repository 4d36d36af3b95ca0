using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

[assembly: AssemblyFixture(typeof(NodeDns.Chart.Tests.ApiServer))]

namespace NodeDns.Chart.Tests;

/// <summary>A real API server on a real etcd, on loopback, with cert-manager's kinds and no controllers: objects are checked and
/// kept, and no pod ever runs. Started when a test first asks for it.</summary>
public sealed class ApiServer : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chart-api-server").FullName;
    private readonly List<Process> _processes = [];
    private readonly Lock _gate = new();
    private readonly (string? Path, string Reason) _server = Tool.Find("kube-apiserver");
    private bool _started;

    /// <summary>host:port.</summary>
    public string Address { get; private set; } = "";

    private string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    /// <summary>Skips the test where there is no API server to start.</summary>
    public void Require()
    {
        Assert.SkipWhen(_server.Path is null, _server.Reason);
        lock (_gate)
        {
            if (!_started)
            {
                Start();
                _started = true;
            }
        }
    }

    public Tool Helm(params string[] arguments) =>
        Tool.Run("env", ["KUBECONFIG=" + Kubeconfig, "KUBECACHEDIR=" + _folder, Rendered.HelmProgram, .. arguments]);

    public Tool Kubectl(params string[] arguments) => KubectlWith("", arguments);

    public Tool KubectlWith(string input, params string[] arguments) =>
        Tool.RunWith(input, "env", ["KUBECONFIG=" + Kubeconfig, "KUBECACHEDIR=" + _folder, Tool.Find("kubectl").Path!, .. arguments]);

    /// <summary>Runs kubectl, which must succeed.</summary>
    public string Do(params string[] arguments)
    {
        var run = Kubectl(arguments);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Output;
    }

    /// <summary>Makes a namespace, and nothing when it is there.</summary>
    public void Namespace(string name) => KubectlWith($"{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}", "apply", "-f", "-");

    public void Dispose()
    {
        foreach (var process in Enumerable.Reverse(_processes))
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private void Start()
    {
        int client = FreePort(), peer = FreePort(), secure = FreePort();
        Address = $"127.0.0.1:{secure}";
        Run(Tool.Find("etcd").Path!, "--data-dir", Path.Combine(_folder, "etcd"), "--unsafe-no-fsync", "--log-level", "error",
            "--listen-client-urls", $"http://127.0.0.1:{client}", "--advertise-client-urls", $"http://127.0.0.1:{client}",
            "--listen-peer-urls", $"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", $"http://127.0.0.1:{peer}",
            "--initial-cluster", $"default=http://127.0.0.1:{peer}");
        using (var key = RSA.Create(2048))
        {
            File.WriteAllText(Path.Combine(_folder, "accounts.key"), key.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(Path.Combine(_folder, "accounts.pub"), key.ExportSubjectPublicKeyInfoPem());
        }

        File.WriteAllText(Path.Combine(_folder, "tokens.csv"), "admin,admin,admin,system:masters\n");
        File.WriteAllText(Kubeconfig, $$$"""
            apiVersion: v1
            kind: Config
            clusters: [{name: test, cluster: {server: "https://127.0.0.1:{{{secure}}}", insecure-skip-tls-verify: true}}]
            contexts: [{name: test, context: {cluster: test, user: admin}}]
            users: [{name: admin, user: {token: admin}}]
            current-context: test
            """);
        Run(_server.Path!, "--etcd-servers", $"http://127.0.0.1:{client}", "--bind-address", "127.0.0.1", "--secure-port", $"{secure}",
            "--cert-dir", _folder, "--service-cluster-ip-range", "10.96.0.0/16", "--authorization-mode", "RBAC",
            "--token-auth-file", Path.Combine(_folder, "tokens.csv"), "--disable-admission-plugins", "ServiceAccount",
            "--service-account-key-file", Path.Combine(_folder, "accounts.pub"), "--endpoint-reconciler-type", "none",
            "--service-account-signing-key-file", Path.Combine(_folder, "accounts.key"), "--service-account-issuer", "https://kubernetes.default.svc");
        Until(() => Kubectl("get", "--raw", "/readyz").ExitCode == 0, "the API server is not ready");
        Do("apply", "--server-side", "-f", Definitions());
        Until(() => Kubectl("get", "certificates,issuers", "-A").ExitCode == 0, "cert-manager's kinds are not served");
        Namespace("kube-system");
        KubectlWith("""
            {apiVersion: v1, kind: Service, metadata: {name: kube-dns, namespace: kube-system},
             spec: {clusterIP: 10.96.0.10, ports: [{name: dns, port: 53, protocol: UDP}]}}
            """, "apply", "-f", "-");
    }

    /// <summary>The definitions of kinds in cert-manager's manifest.</summary>
    private string Definitions()
    {
        var all = File.ReadAllText(Tool.Find("cert-manager.yaml").Path!).Split("\n---");
        var path = Path.Combine(_folder, "definitions.yaml");
        File.WriteAllText(path, string.Join("\n---", all.Where(one => one.Contains("kind: CustomResourceDefinition", StringComparison.Ordinal))));
        return path;
    }

    private void Run(string program, params string[] arguments)
    {
        var process = Tool.Start(program, arguments);
        process.StandardInput.Close();
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
    }

    internal static void Until(Func<bool> done, string otherwise)
    {
        var started = Stopwatch.GetTimestamp();
        while (!done())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(2), otherwise);
        }
    }

    internal static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

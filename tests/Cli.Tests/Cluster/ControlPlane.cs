using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

[assembly: AssemblyFixture(typeof(NodeDns.Cli.Tests.Cluster.ControlPlane))]

namespace NodeDns.Cli.Tests.Cluster;

/// <summary>A real API server on a real etcd, on loopback: objects are checked and kept, and nobody acts on them. Pods are
/// what tests say they are. Started when a test first asks for it.</summary>
public sealed class ControlPlane : IDisposable
{
    private readonly List<Process> _processes = [];
    private readonly Lock _gate = new();
    private readonly (string? Path, string Reason) _server = Tool.Find("kube-apiserver");
    private bool _started;

    /// <summary>For whatever belongs to this cluster.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("cli-control-plane").FullName;

    public int Port { get; private set; }

    public string Kubeconfig => Path.Combine(Folder, "kubeconfig");

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

    public Tool Kubectl(params string[] arguments) => KubectlWith("", arguments);

    public Tool KubectlWith(string input, params string[] arguments) =>
        Tool.RunWith(input, "env", ["KUBECONFIG=" + Kubeconfig, "KUBECACHEDIR=" + Folder, Tool.Find("kubectl").Path!, .. arguments]);

    /// <summary>Runs kubectl, which must succeed.</summary>
    public string Do(params string[] arguments)
    {
        var run = Kubectl(arguments);
        Assert.True(run.ExitCode == 0, $"{string.Join(' ', arguments)}\n{run.Output}{run.Error}");
        return run.Output;
    }

    /// <summary>kubectl apply of YAML.</summary>
    public void Apply(string manifest)
    {
        var run = KubectlWith(manifest, "apply", "--server-side", "--force-conflicts", "-f", "-");
        Assert.True(run.ExitCode == 0, run.Error + manifest);
    }

    /// <summary>Starts a program that ends with the cluster.</summary>
    public void Run(string program, params string[] arguments)
    {
        var process = Tool.Start(program, arguments);
        process.StandardInput.Close();
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
    }

    public void Dispose()
    {
        foreach (var process in Enumerable.Reverse(_processes))
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }

    public static void Until(Func<bool> done, string otherwise)
    {
        var started = Stopwatch.GetTimestamp();
        while (!done())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(3), otherwise);
        }
    }

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private void Start()
    {
        int client = FreePort(), peer = FreePort();
        Port = FreePort();
        Run(Tool.Find("etcd").Path!, "--data-dir", Path.Combine(Folder, "etcd"), "--unsafe-no-fsync", "--log-level", "error",
            "--listen-client-urls", $"http://127.0.0.1:{client}", "--advertise-client-urls", $"http://127.0.0.1:{client}",
            "--listen-peer-urls", $"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", $"http://127.0.0.1:{peer}",
            "--initial-cluster", $"default=http://127.0.0.1:{peer}");
        using (var key = RSA.Create(2048))
        {
            File.WriteAllText(Path.Combine(Folder, "accounts.key"), key.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(Path.Combine(Folder, "accounts.pub"), key.ExportSubjectPublicKeyInfoPem());
        }

        File.WriteAllText(Path.Combine(Folder, "tokens.csv"), "admin,admin,admin,system:masters\nlimited,limited,limited,limited\n");
        File.WriteAllText(Kubeconfig, KubeconfigFor("admin"));
        Run(_server.Path!, "--etcd-servers", $"http://127.0.0.1:{client}", "--bind-address", "127.0.0.1", "--secure-port", $"{Port}",
            "--cert-dir", Folder, "--service-cluster-ip-range", "10.96.0.0/16", "--authorization-mode", "RBAC",
            "--token-auth-file", Path.Combine(Folder, "tokens.csv"), "--disable-admission-plugins", "ServiceAccount",
            "--service-account-key-file", Path.Combine(Folder, "accounts.pub"), "--endpoint-reconciler-type", "none",
            "--service-account-signing-key-file", Path.Combine(Folder, "accounts.key"), "--service-account-issuer", "https://kubernetes.default.svc");
        Until(() => Kubectl("get", "--raw", "/readyz").ExitCode == 0, "the API server is not ready");
    }

    /// <summary>A kubeconfig for the user with this token: admin may everything, limited what a test grants.</summary>
    public string KubeconfigFor(string token) => $$$"""
        apiVersion: v1
        kind: Config
        clusters: [{name: test, cluster: {server: "https://127.0.0.1:{{{Port}}}", insecure-skip-tls-verify: true}}]
        contexts: [{name: test, context: {cluster: test, user: {{{token}}}}}]
        users: [{name: {{{token}}}, user: {token: {{{token}}}}}]
        current-context: test
        """;
}

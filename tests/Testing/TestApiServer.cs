using System.Diagnostics;
using System.Security.Cryptography;
using NodeDns.Testing.Shell;

namespace NodeDns.Testing;

/// <summary>A real API server on a real etcd, on loopback, without controllers: objects are checked and kept, and no pod ever
/// runs. Started when a test first asks for it.</summary>
/// <remarks>Users by token: <c>admin</c> may do everything, <c>limited</c> what a test grants.</remarks>
public class TestApiServer : IDisposable
{
    private readonly List<Process> _processes = [];
    private readonly (string? Path, string Reason) _server = Tool.Find("kube-apiserver");

    /// <summary>Started once: when it fails, it has failed for every test, and none waits for it again.</summary>
    private readonly Lazy<bool> _started;

    protected TestApiServer(string folderPrefix)
    {
        Folder = Directory.CreateTempSubdirectory(folderPrefix).FullName;
        _started = new Lazy<bool>(() =>
        {
            Start();
            return true;
        });
    }

    /// <summary>A folder for whatever belongs to this cluster.</summary>
    public string Folder { get; }

    public int Port { get; private set; }

    public string Kubeconfig => Path.Combine(Folder, "kubeconfig");

    /// <summary>Why there is no API server to start; null where there is one.</summary>
    protected string? Missing => _server.Path is null ? _server.Reason : null;

    public Tool Kubectl(params string[] arguments) => KubectlWith("", arguments);

    public Tool KubectlWith(string input, params string[] arguments) => With(input, Tool.Find("kubectl").Path!, arguments);

    /// <summary>Runs kubectl, which must succeed.</summary>
    public string Do(params string[] arguments)
    {
        var run = Kubectl(arguments);
        return run.ExitCode == 0
            ? run.Output
            : throw new InvalidOperationException($"{string.Join(' ', arguments)}\n{run.Output}{run.Error}");
    }

    /// <summary>A kubeconfig for the user with this token.</summary>
    public string KubeconfigFor(string token) => $$$"""
        apiVersion: v1
        kind: Config
        clusters: [{name: test, cluster: {server: "https://127.0.0.1:{{{Port}}}", insecure-skip-tls-verify: true}}]
        contexts: [{name: test, context: {cluster: test, user: {{{token}}}}}]
        users: [{name: {{{token}}}, user: {token: {{{token}}}}}]
        current-context: test
        """;

    /// <summary>Waits until something is true, or fails.</summary>
    /// <param name="otherwise">What is said when it has not become true.</param>
    public static void Until(Func<bool> done, string otherwise)
    {
        var started = Stopwatch.GetTimestamp();
        while (!done())
        {
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(3))
            {
                throw new TimeoutException(otherwise);
            }
        }
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
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts the server, if that has not been done yet.</summary>
    protected void EnsureStarted() => _ = _started.Value;

    /// <summary>Adds what a suite's cluster has from the beginning.</summary>
    protected virtual void Furnish()
    {
    }

    /// <summary>Called for each line that a program of the cluster logs, by any thread.</summary>
    protected virtual void Log(string line)
    {
    }

    /// <summary>Runs a program that goes by <see cref="Kubeconfig"/>.</summary>
    protected Tool With(string input, string program, params string[] arguments) => Tool.RunWith(
        input, "env", ["KUBECONFIG=" + Kubeconfig, "KUBECACHEDIR=" + Folder, program, .. arguments]);

    /// <summary>Starts a program of the cluster, which ends with it.</summary>
    protected void Run(string program, params string[] arguments)
    {
        var process = Tool.Start(program, arguments);
        process.StandardInput.Close();
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => Log(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
    }

    private void Start()
    {
        int client = Ports.Next(), peer = Ports.Next();
        Port = Ports.Next();
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
        Furnish();
    }
}

using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using NodeDns.Testing;

namespace NodeDns.Cli.Tests.Cluster;

/// <summary>node-dns-webhook as it was built beside the tests, behind a pod of the release's.</summary>
internal sealed class WebhookReplica : IDisposable
{
    private readonly Process _process;

    /// <param name="kubelet">The kubelet of its node.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="pair">What it serves with.</param>
    /// <param name="folder">For its files.</param>
    /// <param name="arguments">Further ones.</param>
    public WebhookReplica(StandInKubelet kubelet, string pod, X509Certificate2 pair, string folder, params string[] arguments)
    {
        var program = Tool.Ours("Webhook", "node-dns-webhook");
        var (certificate, key) = pair.Write(folder);
        int admission = Ports.Next(), pages = Ports.Next();
        _process = Tool.Start(program, [$"--listen=127.0.0.1:{admission}", $"--metrics-listen=127.0.0.1:{pages}", $"--tls-cert={certificate}", $"--tls-key={key}",
            "--local-address=169.254.20.10", "--cluster-dns=10.96.0.10", "--cluster-domain=cluster.local", "--host-searches=none", "--probe=false", .. arguments]);
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        ControlPlane.Until(() => Listens(admission) && Listens(pages), "the webhook does not listen");
        kubelet.Pod("webhook", pod);
        kubelet.Forward(pod, 8443, admission);
        kubelet.Forward(pod, 8080, pages);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static bool Listens(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

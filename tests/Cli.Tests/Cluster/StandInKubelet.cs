using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using NodeDns.Testing;

namespace NodeDns.Cli.Tests.Cluster;

/// <summary>The kubelet of a node on which no pod runs: it forwards their ports to ports of this machine, by kubelet's own
/// protocol (<c>v4.channel.k8s.io</c>), so that commands meet programs behind a real API server.</summary>
internal sealed class StandInKubelet : IDisposable
{
    private readonly WebApplication _app;
    private readonly ControlPlane _cluster;
    private readonly List<IDisposable> _servers = [];
    private readonly ConcurrentDictionary<(string Pod, int Port), int> _targets = [];
    private readonly List<(string Namespace, string Name)> _pods = [];
    private readonly ConcurrentDictionary<string, (string[] Lines, string? Error)> _programs = [];
    private int _running;

    /// <param name="cluster">The cluster that the node joins.</param>
    /// <param name="node">The node's name.</param>
    public StandInKubelet(ControlPlane cluster, string node)
    {
        (_cluster, Node) = (cluster, node);
        var port = Ports.Next();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseHttps(Certificates.SelfSigned("kubelet"))));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(ForwardAsync);
        _app.StartAsync().Wait();
        cluster.Apply($"{{apiVersion: v1, kind: Node, metadata: {{name: {node}, labels: {{kubernetes.io/os: linux}}}}}}");
        cluster.Do("patch", "node", node, "--subresource=status", "--type=merge", "-p",
            $$$"""{"status": {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}], "daemonEndpoints": {"kubeletEndpoint": {"Port": {{{port}}} } } } }""");
    }

    public string Node { get; }

    /// <summary>How many programs run in its pods now.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Makes a pod of the release's that runs on this node and is ready.</summary>
    /// <param name="component">cache or webhook.</param>
    /// <param name="name">The pod's name.</param>
    public void Pod(string component, string name)
    {
        _cluster.Apply($$"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: {{name}}
              namespace: node-dns
              labels: {app.kubernetes.io/name: node-dns-{{component}} }
            spec:
              nodeName: {{Node}}
              containers: [{name: {{component}}, image: main}]
            """);
        _cluster.Do("patch", "pod", "-n", "node-dns", name, "--subresource=status", "--type=merge", "-p",
            """{"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}""");
        _pods.Add(("node-dns", name));
    }

    /// <summary>Forwards a port of a pod.</summary>
    public void Forward(string pod, int port, int target) => _targets[(pod, port)] = target;

    /// <summary>Answers at a port of a pod with these pages.</summary>
    public void Serve(string pod, int port, params (string Path, string Text)[] pages) =>
        Serve(pod, port, pages.ToDictionary(page => page.Path, page => (Func<string>)(() => page.Text)));

    /// <summary>Answers at a port of a pod with pages that are made anew for each reader.</summary>
    public void Serve(string pod, int port, IReadOnlyDictionary<string, Func<string>> pages)
    {
        var server = new PageServer(pages);
        _servers.Add(server);
        Forward(pod, port, server.Port);
    }

    /// <summary>Whatever program is started in this pod prints these lines, and then waits for its end, or fails.</summary>
    public void Program(string pod, string[] lines, string? error = null) => _programs[pod] = (lines, error);

    public void Dispose()
    {
        foreach (var (ns, name) in _pods)
        {
            _cluster.Do("delete", "pod", "-n", ns, name, "--force", "--grace-period=0", "--ignore-not-found");
        }

        _cluster.Do("delete", "node", Node);
        _servers.ForEach(server => server.Dispose());
        _app.DisposeAsync().AsTask().Wait();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        if (context.Request.Path.Value?.Split('/') is ["", "exec", _, var named, _] && context.WebSockets.IsWebSocketRequest)
        {
            await RunAsync(context, named);
            return;
        }

        var port = int.Parse(context.Request.Query["port"][0]!, System.Globalization.CultureInfo.InvariantCulture);
        if (context.Request.Path.Value?.Split('/') is not ["", "portForward", _, var pod] || !context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
        byte[] greeting = [(byte)port, (byte)(port >> 8)];
        await SendAsync(socket, 0, greeting);
        await SendAsync(socket, 1, greeting);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, _targets.GetValueOrDefault((pod, port), 1));
        }
        catch (SocketException e)
        {
            await SendAsync(socket, 1, System.Text.Encoding.UTF8.GetBytes($"dial tcp4 127.0.0.1:{port}: {e.Message}"));
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
            return;
        }

        var stream = client.GetStream();
        await Task.WhenAny(ToPodAsync(socket, stream), FromPodAsync(socket, stream));
    }

    private async Task RunAsync(HttpContext context, string pod)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
        var (lines, error) = _programs[pod];
        Interlocked.Increment(ref _running);
        try
        {
            foreach (var line in lines)
            {
                await SendAsync(socket, 1, System.Text.Encoding.UTF8.GetBytes(line + "\n"));
            }

            if (error is not null)
            {
                await SendAsync(socket, 2, System.Text.Encoding.UTF8.GetBytes(error + "\n"));
                await SendAsync(socket, 3, System.Text.Encoding.UTF8.GetBytes("""{"status": "Failure", "message": "command terminated with exit code 1"}"""));
            }

            while (await socket.ReceiveAsync(new byte[1024], default) is { MessageType: not WebSocketMessageType.Close })
            {
            }
        }
        catch (WebSocketException)
        {
            // The reader is gone.
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private static async Task ToPodAsync(WebSocket socket, NetworkStream stream)
    {
        var buffer = new byte[64 * 1024];
        var isFirst = true;
        while (await socket.ReceiveAsync(buffer, default) is { MessageType: WebSocketMessageType.Binary } piece)
        {
            var from = isFirst ? 1 : 0;
            await stream.WriteAsync(buffer.AsMemory(from, piece.Count - from));
            isFirst = piece.EndOfMessage;
        }
    }

    private static async Task FromPodAsync(WebSocket socket, NetworkStream stream)
    {
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer) is > 0 and var read)
        {
            await SendAsync(socket, 0, buffer.AsMemory(0, read));
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
    }

    private static Task SendAsync(WebSocket socket, byte channel, ReadOnlyMemory<byte> data) =>
        socket.SendAsync(new ReadOnlyMemory<byte>([channel, .. data.Span]), WebSocketMessageType.Binary, true, default).AsTask();
}

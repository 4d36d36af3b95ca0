using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace NodeDns.Cli.Browser;

/// <summary>Serves the console's page and its answers to a browser on this machine.</summary>
/// <remarks>
/// <code>
/// request → 1 <see cref="Gate"/>: host, token, method → 2 a file of the page, or an answer → reply, never kept by the browser
/// </code>
/// It listens on 127.0.0.1 and nowhere else. Kestrel is used without a host: no container, configuration or log is needed.
/// </remarks>
/// <param name="answers">By the path below the token, such as <c>api/report</c>.</param>
internal sealed class LocalServer(IReadOnlyDictionary<string, Func<HttpContext, Task>> answers) : IHttpApplication<HttpContext>, IDisposable
{
    private readonly KestrelServer _kestrel = new(Options.Create(Limits()), new SocketTransportFactory(
        Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);

    /// <summary>There from a moment after it listens: only then its port is known. A request waits for it.</summary>
    private readonly TaskCompletionSource<Gate> _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="port">0 for a free one.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <returns>The address of the page, with its token.</returns>
    /// <exception cref="IOException">The port is in use, or not allowed.</exception>
    public async Task<Uri> StartAsync(int port, CancellationToken cancel)
    {
        _kestrel.Options.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        try
        {
            await _kestrel.StartAsync(this, cancel);
        }
        catch (SocketException e)
        {
            throw new IOException($"cannot listen on 127.0.0.1:{port}: {e.Message}", e);
        }

        var bound = new Uri(_kestrel.Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        var gate = new Gate(bound.Port);
        _gate.SetResult(gate);
        return new Uri($"http://{gate.Host}/{gate.Token}/");
    }

    /// <summary>Ends every answer that is being written.</summary>
    public Task StopAsync() => _kestrel.StopAsync(new CancellationToken(canceled: true));

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public async Task ProcessRequestAsync(HttpContext context)
    {
        PageFile.Protect(context.Response);
        // 1
        if ((await _gate.Task).Judge(context.Request, out var path) is { } refusal)
        {
            context.Response.StatusCode = refusal.Status;
            await context.Response.WriteAsync(refusal.Sentence + "\n");
        }
        // 2
        else if (PageFile.Find(path) is { } file)
        {
            await file.WriteAsync(context);
        }
        else if (answers.TryGetValue(path, out var answer))
        {
            await answer(context);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public void Dispose() => _kestrel.Dispose();

    private static KestrelServerOptions Limits()
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxConcurrentConnections = 64;
        options.Limits.MaxRequestBodySize = 0;
        return options;
    }
}

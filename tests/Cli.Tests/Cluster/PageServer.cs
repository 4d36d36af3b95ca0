using System.Net;
using NodeDns.Testing;

namespace NodeDns.Cli.Tests.Cluster;

/// <summary>Pages of text at a port of loopback.</summary>
internal sealed class PageServer : IDisposable
{
    private readonly HttpListener _listener = new();

    public PageServer((string Path, string Text)[] pages)
        : this(pages.ToDictionary(page => page.Path, page => (Func<string>)(() => page.Text)))
    {
    }

    /// <param name="pages">Each by its path, made anew for each reader.</param>
    public PageServer(IReadOnlyDictionary<string, Func<string>> pages)
    {
        Port = Ports.Next();
        _listener.Prefixes.Add($"http://localhost:{Port}/");
        _listener.Start();
        _ = ServeAsync(pages);
    }

    public int Port { get; }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync(IReadOnlyDictionary<string, Func<string>> pages)
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                var text = pages.GetValueOrDefault(context.Request.Url!.AbsolutePath)?.Invoke();
                context.Response.StatusCode = text is null ? 404 : 200;
                context.Response.Close(System.Text.Encoding.UTF8.GetBytes(text ?? ""), willBlock: false);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}

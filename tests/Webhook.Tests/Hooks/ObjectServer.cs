using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using NodeDns.Webhook.Hooks;
using NodeDns.Webhook.Namespaces;

namespace NodeDns.Webhook.Tests.Hooks;

/// <summary>As much of an API server as the hooks ask for, on a real socket: objects by path.</summary>
internal sealed class ObjectServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, int> _asked = [];
    private ApiServer? _client;

    private ObjectServer()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    public ConcurrentDictionary<string, JsonNode> Objects { get; } = [];

    /// <summary>How often an object was asked for.</summary>
    public int Asked(string path) => _asked.GetValueOrDefault(path);

    /// <summary>Every path answers with this when it is not 200.</summary>
    public int Status { get; set; } = 200;

    public static async Task<ObjectServer> StartAsync()
    {
        var server = new ObjectServer();
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Runs a hook by its arguments; returns its exit code and what it said on either stream.</summary>
    public async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await HookCommand.RunAsync(HookCommand.Find(arguments)!, Client(), output, error);
        return (code, output.ToString(), error.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await _app.DisposeAsync();
    }

    private ApiServer Client() => _client ??= new ApiServer(new Uri(
        _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()), "/nonexistent", null);

    private async Task ServeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        context.Response.StatusCode = Status;
        if (Status != 200)
        {
            await context.Response.WriteAsync("""{"message":"not today"}""");
        }
        else if (context.Request.Method == "PATCH" && context.Request.ContentType!.StartsWith("application/apply-patch+yaml", StringComparison.Ordinal))
        {
            Objects[path] = (await JsonNode.ParseAsync(context.Request.Body))!;
            await context.Response.WriteAsync(Objects[path].ToJsonString());
        }
        else if (context.Request.Method == "DELETE" && Objects.TryRemove(path, out _))
        {
            await context.Response.WriteAsync("{}");
        }
        else if (context.Request.Method == "GET" && _asked.AddOrUpdate(path, 1, (_, count) => count + 1) > 0 && Objects.TryGetValue(path, out var found))
        {
            await context.Response.WriteAsync(found.ToJsonString());
        }
        else
        {
            context.Response.StatusCode = 404;
        }
    }
}

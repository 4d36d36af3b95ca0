using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using NodeDns.Testing;

namespace NodeDns.Cli.Tests.Cluster;

/// <summary>As much of an API server as a list of pods asks for, on a real socket: more pods than a real one takes in the time of
/// a test.</summary>
internal sealed class PodServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly int _port = Ports.Next();

    private PodServer()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{_port}");
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    public List<JsonObject> Pods { get; } = [];

    /// <summary>Every path answers with this when it is not 200.</summary>
    public int Status { get; set; } = 200;

    public static async Task<PodServer> StartAsync()
    {
        var server = new PodServer();
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Runs <c>undo --check -A</c>, with further arguments.</summary>
    public Tool Check(params string[] arguments)
    {
        var kubeconfig = Path.GetTempFileName();
        try
        {
            File.WriteAllText(kubeconfig, $$$"""
                apiVersion: v1
                kind: Config
                clusters: [{name: test, cluster: {server: "http://127.0.0.1:{{{_port}}}"}}]
                contexts: [{name: test, context: {cluster: test, user: test}}]
                users: [{name: test, user: {token: x}}]
                current-context: test
                """);
            return Plugin.RunAs(kubeconfig, ["undo", "--check", "-A", .. arguments]);
        }
        finally
        {
            File.Delete(kubeconfig);
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        context.Response.StatusCode = Status != 200 ? Status : context.Request.Path == "/api/v1/pods" ? 200 : 404;
        await context.Response.WriteAsync(context.Response.StatusCode == 200
            ? Page(context.Request.Query).ToJsonString()
            : """{"kind":"Status","message":"not today"}""");
    }

    private JsonObject Page(IQueryCollection query)
    {
        Assert.Equal("status.phase!=Succeeded,status.phase!=Failed", query["fieldSelector"]);
        var size = int.Parse(query["limit"]!, CultureInfo.InvariantCulture);
        var from = query["continue"].Count > 0 ? int.Parse(query["continue"]!, CultureInfo.InvariantCulture) : 0;
        var metadata = new JsonObject { ["resourceVersion"] = "1" };
        if (from + size < Pods.Count)
        {
            metadata["continue"] = $"{from + size}";
        }

        return new JsonObject
        {
            ["kind"] = "PodList",
            ["metadata"] = metadata,
            ["items"] = new JsonArray([.. Pods.Skip(from).Take(size).Select(pod => pod.DeepClone())]),
        };
    }
}

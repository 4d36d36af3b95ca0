using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using NodeDns.Webhook.Namespaces;

namespace NodeDns.Webhook.Tests.Support;

/// <summary>The part of an API server that lists and watches namespaces, on a real socket: pages, resourceVersions,
/// and the ways in which a watch ends.</summary>
internal sealed class ListWatchServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, JsonObject> _namespaces = [];
    private readonly List<Channel<string?>> _watches = [];

    /// <summary>All changes that watches are told of, for one that begins at an older version.</summary>
    private readonly List<(int Version, string Line)> _changes = [];
    private int _version = 100;

    private ListWatchServer()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    /// <summary>Paths and queries, in the order of their arrival.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The value of each Authorization header.</summary>
    public ConcurrentQueue<string> Tokens { get; } = new();

    /// <summary>Items on a page of a list.</summary>
    public int PageSize { get; set; } = 500;

    public static async Task<ListWatchServer> StartAsync()
    {
        var server = new ListWatchServer();
        await server._app.StartAsync();
        return server;
    }

    public ApiServer Connect(string tokenPath = "/nonexistent") =>
        new(new Uri(
            _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()),
            tokenPath, null);

    public void Set(string name, string? label = null, params (string Name, string Value)[] annotations)
    {
        lock (_lock)
        {
            var added = !_namespaces.ContainsKey(name);
            _namespaces[name] = Namespace(name, label, annotations, ++_version);
            Change(new JsonObject
            {
                ["type"] = added ? "ADDED" : "MODIFIED",
                ["object"] = _namespaces[name].DeepClone(),
            });
        }
    }

    public void Delete(string name)
    {
        lock (_lock)
        {
            _version++;
            _namespaces.Remove(name, out var gone);
            Change(new JsonObject { ["type"] = "DELETED", ["object"] = gone });
        }
    }

    /// <summary>Changes the namespaces without telling the watches: as if the events had been lost.</summary>
    public void SetSilently(string name, string? label)
    {
        lock (_lock)
        {
            _namespaces[name] = Namespace(name, label, [], ++_version);
        }
    }

    public void ExpireWatches() =>
        Send(new JsonObject
        {
            ["type"] = "ERROR",
            ["object"] = new JsonObject
            {
                ["kind"] = "Status",
                ["code"] = 410,
                ["message"] = "too old resource version",
            },
        });

    /// <summary>Ends every watch, as the API server does when its timeout has passed.</summary>
    public void EndWatches()
    {
        lock (_lock)
        {
            foreach (var watch in _watches)
            {
                watch.Writer.TryComplete();
            }

            _watches.Clear();
        }
    }

    public ValueTask DisposeAsync()
    {
        EndWatches();
        return _app.DisposeAsync();
    }

    private static JsonObject Namespace(
        string name, string? label, (string Name, string Value)[] annotations, int version)
    {
        var metadata = new JsonObject { ["name"] = name, ["resourceVersion"] = $"{version}" };
        if (label is not null)
        {
            metadata["labels"] = new JsonObject { ["nodedns.io/inject"] = label };
        }

        if (annotations.Length > 0)
        {
            metadata["annotations"] = new JsonObject(
                annotations.Select(pair => KeyValuePair.Create("nodedns.io/" + pair.Name, (JsonNode?)pair.Value)));
        }

        return new JsonObject
        {
            ["kind"] = "PartialObjectMetadata",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = metadata,
        };
    }

    private void Change(JsonObject watchEvent)
    {
        _changes.Add((_version, watchEvent.ToJsonString()));
        Send(watchEvent);
    }

    private void Send(JsonObject watchEvent)
    {
        lock (_lock)
        {
            foreach (var watch in _watches)
            {
                watch.Writer.TryWrite(watchEvent.ToJsonString());
            }
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        Requests.Enqueue(context.Request.Path + context.Request.QueryString);
        Tokens.Enqueue(context.Request.Headers.Authorization.ToString());
        if (context.Request.Query["watch"] != "true")
        {
            await context.Response.WriteAsync(List(context.Request.Query["continue"]));
            return;
        }
        var watch = Channel.CreateUnbounded<string?>();
        var known = int.Parse(context.Request.Query["resourceVersion"]!, CultureInfo.InvariantCulture);
        lock (_lock)
        {
            foreach (var (_, line) in _changes.Where(change => change.Version > known))
            {
                watch.Writer.TryWrite(line);
            }

            _watches.Add(watch);
        }

        await context.Response.Body.FlushAsync();
        await foreach (var line in watch.Reader.ReadAllAsync(context.RequestAborted))
        {
            await context.Response.WriteAsync(line + "\n");
            await context.Response.Body.FlushAsync();
        }
    }

    private string List(string? after)
    {
        lock (_lock)
        {
            List<JsonObject> rest = [
                .. _namespaces.Where(pair => string.CompareOrdinal(pair.Key, after) > 0).Select(pair => pair.Value)];
            List<JsonObject> page = [.. rest.Take(PageSize)];
            var metadata = new JsonObject { ["resourceVersion"] = $"{_version}" };
            if (page.Count < rest.Count)
            {
                metadata["continue"] = (string)page[^1]["metadata"]!["name"]!;
            }

            return new JsonObject
            {
                ["kind"] = "PartialObjectMetadataList",
                ["metadata"] = metadata,
                ["items"] = new JsonArray([.. page.Select(item => item.DeepClone())]),
            }.ToJsonString();
        }
    }
}

using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using NodeDns.Testing;

namespace NodeDns.Cache.Scenarios.Search;

/// <summary>A real API server with Services, endpoints and pods, none of which runs.</summary>
public sealed class SearchCluster() : TestApiServer("nodedns-search-")
{
    private readonly Dictionary<string, long> _changed = [];
    private readonly Lock _gate = new();
    private HttpClient _api = null!;

    /// <summary>Why there can be none; null where it can be started.</summary>
    public string? WhyNot => Missing;

    public void Start()
    {
        EnsureStarted();
        _api = new HttpClient(new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
        })
        {
            BaseAddress = new Uri($"https://127.0.0.1:{Port}"),
        };
        _api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "admin");
    }

    public Task Namespace(string name) => Post("/api/v1/namespaces", new { metadata = new { name } }, name);

    public Task Service(string ns, string name, bool isHeadless = false) => Post($"/api/v1/namespaces/{ns}/services",
        new { metadata = new { name }, spec = new { clusterIP = isHeadless ? "None" : null, ports = Port80 } },
        $"{name}.{ns}.svc");

    public Task ExternalName(string ns, string name, string target) => Post($"/api/v1/namespaces/{ns}/services",
        new { metadata = new { name }, spec = new { type = "ExternalName", externalName = target } }, $"{name}.{ns}.svc");

    /// <summary>The ready pods of a headless Service, as a StatefulSet's: host and address.</summary>
    public Task Endpoints(string ns, string service, params (string Host, string Address)[] pods) => Post(
        $"/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices",
        new
        {
            metadata = new
            {
                name = $"{service}-1",
                labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = service },
            },
            addressType = "IPv4",
            ports = Port80,
            endpoints = pods.Select(pod => new
            {
                addresses = new[] { pod.Address },
                hostname = pod.Host,
                conditions = new { ready = true },
            }),
        },
        $"{service}.{ns}.svc");

    public async Task Pod(string ns, string name, string address)
    {
        await Post($"/api/v1/namespaces/{ns}/pods",
            new { metadata = new { name }, spec = new { containers = new[] { new { name = "a", image = "a" } } } }, name);
        using var patch = Json(
            new { status = new { phase = "Running", podIP = address, podIPs = new[] { new { ip = address } } } },
            "application/merge-patch+json");
        using var reply = await _api.PatchAsync($"/api/v1/namespaces/{ns}/pods/{name}/status", patch);
        reply.EnsureSuccessStatusCode();
    }

    public Task DeleteService(string ns, string name) => Delete($"/api/v1/namespaces/{ns}/services/{name}", $"{name}.{ns}.svc");

    public Task DeleteEndpoints(string ns, string service) =>
        Delete($"/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices/{service}-1", $"{service}.{ns}.svc");

    /// <summary>True when something was made or deleted lately, or is being, that the name depends on.</summary>
    public bool ChangedWithin(string name, TimeSpan window)
    {
        lock (_gate)
        {
            return _changed.Any(change => $".{name}".Contains($".{change.Key}.", StringComparison.Ordinal)
                && (change.Value == long.MaxValue || Stopwatch.GetElapsedTime(change.Value) < window));
        }
    }

    private static object Port80 => new[] { new { name = "http", port = 80 } };

    private Task Post(string path, object body, string changes) => Change(changes, async () =>
    {
        using var content = Json(body, "application/json");
        return await _api.PostAsync(path, content);
    });

    private Task Delete(string path, string changes) => Change(changes, () => _api.DeleteAsync(path));

    private async Task Change(string name, Func<Task<HttpResponseMessage>> request)
    {
        Note(name, long.MaxValue);
        using var reply = await request();
        Note(name, Stopwatch.GetTimestamp());
        if (!reply.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{name}: {reply.StatusCode} {await reply.Content.ReadAsStringAsync()}");
        }
    }

    private void Note(string name, long at)
    {
        lock (_gate)
        {
            _changed[name] = at;
        }
    }

    private static StringContent Json(object body, string type) => new(JsonSerializer.Serialize(body), Encoding.UTF8, type);
}

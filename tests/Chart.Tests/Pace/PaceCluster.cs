using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using NodeDns.Testing;

namespace NodeDns.Chart.Tests.Pace;

/// <summary>A cluster of its own whose Deployments get their pods as fast as the API server takes them; none of them runs.</summary>
public sealed class PaceCluster() : TestApiServer("pace-api-server")
{
    private const int PageSize = 500;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _api = new(new HttpClientHandler
    {
        ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
    });

    /// <summary>What the API server has logged about calls of the webhook that failed.</summary>
    public ConcurrentQueue<string> FailedCalls { get; } = [];

    /// <summary>Skips the test where there is no cluster to start.</summary>
    public void Require()
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        EnsureStarted();
    }

    /// <summary>Creates an object, and gives it back as the API server has made it.</summary>
    /// <param name="path">The path of its kind.</param>
    /// <param name="json">The object.</param>
    public async Task<JsonNode> Create(string path, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Url(path)) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        return JsonNode.Parse(await Send(request))!;
    }

    public async Task<string> Get(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Url(path));
        return await Send(request);
    }

    /// <summary>All pods of the cluster, read page by page.</summary>
    public async Task<IReadOnlyList<JsonNode>> Pods()
    {
        var pods = new List<JsonNode>();
        var next = "";
        do
        {
            var page = JsonNode.Parse(await Get($"/api/v1/pods?limit={PageSize}{next}"))!;
            pods.AddRange(page["items"]!.AsArray().Select(pod => pod!));
            next = page.Text("metadata.continue") is { Length: > 0 } more ? "&continue=" + Uri.EscapeDataString(more) : "";
        }
        while (next.Length > 0);
        return pods;
    }

    /// <summary>Waits until something is true, or fails; the wait leaves the processors to the cluster.</summary>
    /// <param name="done">Asked again and again.</param>
    /// <param name="otherwise">What is said when it has not become true.</param>
    public static async Task Until(Func<Task<bool>> done, string otherwise)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (!await done())
        {
            Assert.False(limit.IsCancellationRequested, otherwise);
            await Task.Delay(s_pause, CancellationToken.None);
        }
    }

    protected override void Furnish() => Run(Tool.Find("kube-controller-manager").Path!, "--kubeconfig", Kubeconfig, "--leader-elect=false",
        "--secure-port=0", "--controllers=deployment-controller,replicaset-controller", "--kube-api-qps=10000", "--kube-api-burst=10000");

    protected override void Log(string line)
    {
        if (line.Contains("ailed calling webhook", StringComparison.Ordinal))
        {
            FailedCalls.Enqueue(line);
        }
    }

    private Uri Url(string path) => new($"https://127.0.0.1:{Port}{path}");

    private async Task<string> Send(HttpRequestMessage request)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "admin");
        using var reply = await _api.SendAsync(request);
        var text = await reply.Content.ReadAsStringAsync();
        return reply.IsSuccessStatusCode ? text : throw new InvalidOperationException($"{request.Method} {request.RequestUri}: {reply.StatusCode} {text}");
    }
}

using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Telemetry;

namespace NodeDns.Webhook.Namespaces;

/// <summary>Keeps the settings of all namespaces current, by a list and a watch of their metadata.</summary>
/// <remarks>Asks the API server for PartialObjectMetadata: names, labels and annotations. After any failure, including
/// an expired resourceVersion (410), the list is made again, and until then the known settings stay in use. Until the
/// first list is complete, the webhook is unready, and a pod that is created anyway gets the default
/// settings.</remarks>
internal sealed class NamespaceWatch : IAsyncDisposable
{
    /// <summary>The second media type is for API servers that do not support partial metadata.</summary>
    private static readonly string[] s_acceptList =
        ["application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", "application/json"];
    private static readonly string[] s_acceptItem =
        ["application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", "application/json"];

    /// <summary>A namespace may have 256 KiB of annotations, so a page may have 26 MB.</summary>
    private const int PageSize = 100;

    /// <summary>The API server ends a watch after 5 to 10 minutes. We end one that is silent for this long.</summary>
    private const int WatchSeconds = 300;

    private static readonly TimeSpan s_minBackoff = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_maxBackoff = TimeSpan.FromSeconds(30);

    private readonly ApiServer _server;
    private readonly InjectionSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private readonly ConcurrentDictionary<string, NamespaceSettings> _known = new();
    private volatile bool _complete;

    public NamespaceWatch(ApiServer server, InjectionSettings settings, TimeProvider time, ILogger logger)
    {
        _server = server;
        _settings = settings;
        _time = time;
        _logger = logger;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>True once the first list is complete.</summary>
    public bool IsKnown => _complete;

    public int Count => _known.Count;

    public NamespaceSettings Get(string @namespace) => _known.GetValueOrDefault(@namespace, NamespaceSettings.Unknown);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
        _server.Dispose();
    }

    private async Task RunAsync()
    {
        var backoff = s_minBackoff;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var version = await ListAsync();
                _complete = true;
                _logger.NamespacesKnown(_known.Count);
                backoff = s_minBackoff;
                while (true)
                {
                    version = await WatchAsync(version);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException or WatchExpiredException
                or OperationCanceledException)
            {
                if (_stop.IsCancellationRequested)
                {
                    return;
                }

                _logger.NamespacesLost(e.Message);
            }
            try
            {
                await Task.Delay(backoff, _time, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            backoff = backoff * 2 < s_maxBackoff ? backoff * 2 : s_maxBackoff;
        }
    }

    /// <returns>The resourceVersion to start the watch from.</returns>
    private async Task<string> ListAsync()
    {
        var seen = new HashSet<string>();
        string version;
        var page = "";
        do
        {
            using var response = await GetAsync(
                $"/api/v1/namespaces?limit={PageSize}{page}", s_acceptList, HttpCompletionOption.ResponseContentRead);
            using var document = Read(await response.Content.ReadAsByteArrayAsync(_stop.Token));
            var list = document.RootElement;
            var metadata = list.Member("metadata"u8);
            version = metadata.Text("resourceVersion"u8) ?? "0";
            page = metadata.Text("continue"u8) is { Length: > 0 } next ? "&continue=" + Uri.EscapeDataString(next) : "";
            foreach (var item in list.Member("items"u8).Items)
            {
                Set(item.Member("metadata"u8), seen);
            }
        }
        while (page.Length > 0);
        foreach (var gone in _known.Keys.Where(name => !seen.Contains(name)))
        {
            _known.TryRemove(gone, out _);
        }

        return version;
    }

    /// <returns>The resourceVersion to continue from, after the server has ended the watch normally.</returns>
    private async Task<string> WatchAsync(string version)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        silence.CancelAfter(TimeSpan.FromSeconds(WatchSeconds + 30));
        using var response = await GetAsync(
            $"/api/v1/namespaces?watch=true&allowWatchBookmarks=true&timeoutSeconds={WatchSeconds}"
            + $"&resourceVersion={Uri.EscapeDataString(version)}",
            s_acceptItem,
            HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync(silence.Token);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(silence.Token) is { } line)
        {
            using var document = Read(Encoding.UTF8.GetBytes(line));
            var change = document.RootElement;
            var item = change.Member("object"u8);
            var metadata = item.Member("metadata"u8);
            switch (change.Text("type"u8))
            {
                case "ADDED" or "MODIFIED":
                    Set(metadata, null);
                    break;
                case "DELETED":
                    _known.TryRemove(metadata.Text("name"u8) ?? "", out _);
                    break;
                case "ERROR":
                    throw new WatchExpiredException(item.Text("message"u8) ?? "the watch has failed");
            }
            version = metadata.Text("resourceVersion"u8) ?? version;
        }
        return version;
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string[] accept, HttpCompletionOption completion)
    {
        using var request = _server.Request(path);
        foreach (var type in accept)
        {
            request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(type));
        }

        var response = await _server.Client.SendAsync(request, completion, _stop.Token);
        response.EnsureSuccessStatusCode();
        return response;
    }

    /// <exception cref="JsonException">The text is not valid JSON.</exception>
    private static JsonDocument Read(byte[] text)
    {
        if (JsonText.TryParse(text, out var document) is { } problem)
        {
            throw new JsonException(problem);
        }

        return JsonText.IsReadable(text) ? document! : throw new JsonException("it is no UTF-8");
    }

    private void Set(JsonElement metadata, HashSet<string>? seen)
    {
        if (metadata.Text("name"u8) is not { } name)
        {
            return;
        }

        seen?.Add(name);
        var warnings = new Warnings();
        _known[name] = NamespaceSettings.Read(metadata, _settings, warnings);
        foreach (var warning in warnings.Texts)
        {
            _logger.NamespaceWarning(name, warning);
        }
    }

    private sealed class WatchExpiredException(string message) : Exception(message);
}

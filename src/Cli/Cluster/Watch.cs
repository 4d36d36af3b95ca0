using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Cluster;

/// <summary>Watches the objects of a list for changes. When a connection ends, the watch is continued from the same
/// point.</summary>
internal sealed class Watch(ApiClient api)
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 256 };

    /// <param name="path">A list.</param>
    /// <param name="resourceVersion">The resourceVersion to start from.</param>
    /// <param name="each">Called with ADDED, MODIFIED or DELETED and the object, which must not be used
    /// afterwards.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <returns>Completes when the API server no longer has the changes since <paramref name="resourceVersion"/>. The
    /// list then has to be read again.</returns>
    /// <exception cref="ClusterException">The API server refused, or cannot be reached.</exception>
    public async Task FollowAsync(
        ApiPath path, string resourceVersion, Action<string, JsonElement> each, CancellationToken cancel)
    {
        while (true)
        {
            var at = path.With("watch=1", "allowWatchBookmarks=true", "resourceVersion=" + resourceVersion);
            try
            {
                using var answer = await api.OpenAsync(at, ListReader.Whole, cancel);
                using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(cancel));
                while (await lines.ReadLineAsync(cancel) is { } line)
                {
                    using var change = JsonDocument.Parse(line, s_options);
                    var kind = change.RootElement.Text("type"u8) ?? "";
                    var item = change.RootElement.Member("object"u8);
                    if (kind == "ERROR")
                    {
                        return;
                    }

                    resourceVersion = item.Member("metadata"u8).Text("resourceVersion"u8) ?? resourceVersion;
                    if (kind != "BOOKMARK")
                    {
                        each(kind, item);
                    }
                }
            }
            catch (ClusterException e) when (e.Status == System.Net.HttpStatusCode.Gone)
            {
                return;
            }
            catch (Exception e) when (e is IOException or HttpRequestException or JsonException)
            {
                // The connection was cut. Continue from the last change; if the API server has gone, that fails.
            }
        }
    }
}

using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Cluster;

/// <summary>Changes of the objects of a list, as the API server tells them. A connection that ends is opened again where
/// it ended.</summary>
internal sealed class Watch(ApiClient api)
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 256 };

    /// <param name="path">A list.</param>
    /// <param name="resourceVersion">From which on.</param>
    /// <param name="each">Sees ADDED, MODIFIED or DELETED, and the object, which is void afterwards.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>When the API server no longer has the changes since <paramref name="resourceVersion"/>: the list has to be
    /// read anew.</returns>
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
                // Cut off: asked again from what was seen last; an API server that is gone then says so.
            }
        }
    }
}

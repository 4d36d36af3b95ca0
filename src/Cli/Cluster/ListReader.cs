using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Cluster;

/// <summary>Reads lists of any length in little memory: page by page and item by item, without keeping the items. The
/// next page is requested while one is read.</summary>
internal sealed class ListReader(ApiClient api)
{
    /// <summary>Whole objects.</summary>
    public const string Whole = "application/json";

    /// <summary>Only their metadata, which is a tenth of a ReplicaSet.</summary>
    public const string MetadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

    private const int PageSize = 500;

    /// <summary>Larger, because metadata is about a tenth of an object.</summary>
    private const int MetadataPageSize = 2000;

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 256 };

    /// <param name="path">A list.</param>
    /// <param name="accept"><see cref="Whole"/> or <see cref="MetadataOnly"/>.</param>
    /// <param name="each">Called with each item, which must not be used afterwards.</param>
    /// <returns>The resourceVersion to start a watch from.</returns>
    /// <exception cref="ClusterException">A page could not be read.</exception>
    public async Task<string> ReadAsync(ApiPath path, string accept, Action<JsonElement> each, CancellationToken cancel)
    {
        var (buffer, spare) = (new PageBuffer(), new PageBuffer());
        var page = await PageAsync(path, accept, "", buffer, cancel);
        while (true)
        {
            var next = page.Continue.Length > 0 ? PageAsync(path, accept, page.Continue, spare, cancel) : null;
            Items(buffer.Text, page, each);
            // What reading a page leaves is dead now. The collector would let it grow to the size of the processor's cache,
            // which is more than a whole report needs.
            GC.Collect(0);
            if (next is null)
            {
                return page.ResourceVersion;
            }

            page = await next;
            (buffer, spare) = (spare, buffer);
        }
    }

    /// <summary>Reads a short list and keeps its items.</summary>
    public async Task<List<JsonElement>> AllAsync(ApiPath path, CancellationToken cancel)
    {
        var all = new List<JsonElement>();
        await ReadAsync(path, Whole, item => all.Add(item.Clone()), cancel);
        return all;
    }

    private async Task<Page> PageAsync(ApiPath path, string accept, string token, PageBuffer buffer, CancellationToken cancel)
    {
        await Task.Yield();
        for (var tries = 0; ; tries++)
        {
            var at = path.With($"limit={(accept == Whole ? PageSize : MetadataPageSize)}", token.Length > 0 ? "continue=" + Uri.EscapeDataString(token) : "");
            try
            {
                using var answer = await api.OpenAsync(at, accept, cancel);
                await buffer.FillAsync(answer, cancel);
                return Page.Read(buffer.Text.Span);
            }
            catch (ClusterException e) when (e is { Status: System.Net.HttpStatusCode.Gone, Resume: { } resume } && tries < 3)
            {
                // The list's resourceVersion has been compacted. The rest of the list is read in its current state.
                token = resume;
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                if (tries == 2)
                {
                    throw api.Unreachable(e);
                }
            }
            catch (JsonException e)
            {
                throw new ClusterException($"list {path.Shown}: the answer is no list: {e.Message}");
            }
        }
    }

    private static void Items(ReadOnlyMemory<byte> text, Page page, Action<JsonElement> each)
    {
        if (page.ItemsAt < 0)
        {
            return;
        }

        var items = text[page.ItemsAt..];
        var reader = new Utf8JsonReader(items.Span, new JsonReaderOptions { MaxDepth = 256 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            using var item = JsonDocument.Parse(items[start..(int)reader.BytesConsumed], s_options);
            each(item.RootElement);
        }
    }

    /// <summary>The metadata of a page, and the offset of its items.</summary>
    private readonly record struct Page(string ResourceVersion, string Continue, int ItemsAt)
    {
        public static Page Read(ReadOnlySpan<byte> text)
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 256 });
            var (version, token, itemsAt) = ("", "", -1);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("metadata"u8))
                {
                    reader.Read();
                    using var metadata = JsonDocument.ParseValue(ref reader);
                    version = metadata.RootElement.Text("resourceVersion"u8) ?? "";
                    token = metadata.RootElement.Text("continue"u8) ?? "";
                }
                else if (reader.ValueTextEquals("items"u8))
                {
                    reader.Read();
                    itemsAt = reader.TokenType == JsonTokenType.StartArray ? (int)reader.TokenStartIndex : -1;
                    if (version.Length > 0)
                    {
                        // The API server writes the metadata before the items.
                        break;
                    }

                    reader.Skip();
                }
                else
                {
                    reader.Skip();
                }
            }

            return new Page(version, token, itemsAt);
        }
    }
}

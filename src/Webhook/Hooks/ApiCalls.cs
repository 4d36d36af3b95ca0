using System.Net;
using System.Text;
using System.Text.Json;
using NodeDns.Webhook.Namespaces;

namespace NodeDns.Webhook.Hooks;

/// <summary>Single calls to the API server.</summary>
internal sealed class ApiCalls(ApiServer server)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <returns>null when there is no such object.</returns>
    /// <exception cref="ApiCallException">The API server refused, or cannot be reached.</exception>
    public Task<JsonDocument?> GetAsync(string path) => CallAsync(HttpMethod.Get, path, null);

    /// <summary>Creates or changes an object by server-side apply, taking over fields from other owners.</summary>
    public Task<JsonDocument?> ApplyAsync(string path, string json) => CallAsync(
        HttpMethod.Patch,
        path + "?fieldManager=node-dns-webhook&force=true",
        new StringContent(json, Encoding.UTF8, "application/apply-patch+yaml"));

    /// <summary>Deletes an object and everything it owns.</summary>
    /// <returns>false when there was no such object.</returns>
    public async Task<bool> DeleteAsync(string path)
    {
        using var answer = await CallAsync(HttpMethod.Delete, path + "?propagationPolicy=Background", null);
        return answer is not null;
    }

    private async Task<JsonDocument?> CallAsync(HttpMethod method, string path, HttpContent? body)
    {
        using var request = server.Request(path);
        request.Method = method;
        request.Content = body;
        try
        {
            using var patience = new CancellationTokenSource(s_patience);
            using var answer = await server.Client.SendAsync(request, patience.Token);
            var text = await answer.Content.ReadAsByteArrayAsync(patience.Token);
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }

            if (!answer.IsSuccessStatusCode)
            {
                throw new ApiCallException($"{method} {path}: {(int)answer.StatusCode}: {Encoding.UTF8.GetString(text)}");
            }

            return JsonDocument.Parse(text);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException or JsonException)
        {
            throw new ApiCallException($"{method} {path}: {e.Message}");
        }
    }
}

internal sealed class ApiCallException(string message) : Exception(message);

using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Cluster;

/// <summary>Sends requests to the API server, with JSON in both directions. Every failure is described in one
/// sentence.</summary>
internal sealed class ApiClient(Connection connection) : IDisposable
{
    private int _requests;

    public Connection Connection => connection;

    /// <summary>The number of requests so far.</summary>
    public int Requests => _requests;

    /// <returns>null when there is no such object.</returns>
    /// <exception cref="ClusterException">Any other failure.</exception>
    public async Task<JsonDocument?> FindAsync(ApiPath path, CancellationToken cancel)
    {
        try
        {
            return await CallAsync(HttpMethod.Get, path, null, null, cancel);
        }
        catch (ClusterException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <exception cref="ClusterException">The API server refused, or cannot be reached.</exception>
    public Task<JsonDocument> PatchAsync(ApiPath path, string contentType, string patch, CancellationToken cancel) =>
        CallAsync(HttpMethod.Patch, path, contentType, patch, cancel);

    /// <exception cref="ClusterException">The API server refused, or cannot be reached.</exception>
    public Task<JsonDocument> CreateAsync(ApiPath path, string json, CancellationToken cancel) =>
        CallAsync(HttpMethod.Post, path, "application/json", json, cancel);

    /// <summary>Reads a path that is not an object's, such as /version or /readyz.</summary>
    /// <exception cref="ClusterException">The API server refused, or cannot be reached.</exception>
    public async Task<string> TextAsync(string path, CancellationToken cancel)
    {
        using var request = await connection.RequestAsync(HttpMethod.Get, path, cancel);
        using var answer = await SendAsync(request, cancel);
        var text = await answer.Content.ReadAsStringAsync(cancel);
        return answer.IsSuccessStatusCode
            ? text
            : throw new ClusterException($"GET {path}: {(int)answer.StatusCode}: {text.Trim()}", answer.StatusCode);
    }

    /// <summary>Returns when the head of a successful answer has come. The caller reads the body and disposes the
    /// answer.</summary>
    /// <exception cref="ClusterException">The API server refused, or cannot be reached.</exception>
    public async Task<HttpResponseMessage> OpenAsync(ApiPath path, string accept, CancellationToken cancel)
    {
        using var request = await connection.RequestAsync(HttpMethod.Get, path.ToString(), cancel);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        var answer = await SendAsync(request, cancel);
        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }

        using (answer)
        {
            throw Refusal(HttpMethod.Get, path, answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(cancel));
        }
    }

    /// <summary>Describes, for the user, a failure to connect or to read.</summary>
    public ClusterException Unreachable(Exception e) => e switch
    {
        OperationCanceledException => new ClusterException(
            $"no answer from {connection.Server} ({connection.Origin}) within {connection.Timeout.TotalSeconds:0.#} s (--request-timeout)"),
        _ => new ClusterException($"cannot reach the cluster at {connection.Server} ({connection.Origin}): {Root(e)}"),
    };

    public void Dispose() => connection.Dispose();

    private async Task<JsonDocument> CallAsync(
        HttpMethod method, ApiPath path, string? contentType, string? body, CancellationToken cancel)
    {
        using var request = await connection.RequestAsync(method, path.ToString(), cancel);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, contentType!);
        }

        using var answer = await SendAsync(request, cancel);
        var bytes = await ReadAsync(answer, cancel);
        return answer.IsSuccessStatusCode ? JsonDocument.Parse(bytes) : throw Refusal(method, path, answer.StatusCode, bytes);
    }

    private async Task<byte[]> ReadAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        try
        {
            return await answer.Content.ReadAsByteArrayAsync(cancel);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Unreachable(e);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        Interlocked.Increment(ref _requests);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (connection.Timeout > TimeSpan.Zero)
        {
            limit.CancelAfter(connection.Timeout);
        }

        try
        {
            return await connection.SendAsync(request, limit.Token);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or SocketException)
        {
            throw Unreachable(e);
        }
    }

    private ClusterException Refusal(HttpMethod method, ApiPath path, HttpStatusCode status, byte[] body)
    {
        var (message, resume) = Read(body);
        var said = message ?? $"HTTP {(int)status}";
        return status switch
        {
            HttpStatusCode.Unauthorized => new ClusterException(
                $"{connection.Server} does not accept these credentials ({connection.Origin}): {said}", status,
                "Log in again, or name another user with --user or --context."),
            HttpStatusCode.Forbidden when !said.Contains("admission", StringComparison.Ordinal) =>
                Rights.Missing(Verb(method, path), path, said),
            _ => new ClusterException(
                $"{Verb(method, path)} {path.Shown}{(path.Name is { } name ? " " + name : "")}: {said}", status)
            { Resume = resume },
        };
    }

    private static string Verb(HttpMethod method, ApiPath path) => method.Method switch
    {
        "GET" when path.Query.Contains("watch=", StringComparison.Ordinal) => "watch",
        "GET" => path.Name is null ? "list" : "get",
        "POST" => "create",
        _ => method.Method.ToLowerInvariant(),
    };

    /// <summary>The message of a Status object, and the token for continuing a list.</summary>
    private static (string? Message, string? Resume) Read(byte[] body)
    {
        if (body.Length == 0)
        {
            return default;
        }

        try
        {
            using var status = JsonDocument.Parse(body);
            return (status.RootElement.Text("message"u8), status.RootElement.Member("metadata"u8).Text("continue"u8));
        }
        catch (JsonException)
        {
            return (Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 200))).Split('\n')[0].Trim(), null);
        }
    }

    private static string Root(Exception e)
    {
        while (e.InnerException is { } inner)
        {
            if (e is AuthenticationException)
            {
                break;
            }

            e = inner;
        }

        return e.Message.Split('\n')[0].Trim().TrimEnd('.');
    }
}

using System.Buffers;

namespace NodeDns.Webhook.Endpoint;

/// <summary><c>POST /mutate</c>: reads the body, calls the handler, writes the answer.</summary>
internal sealed class MutateEndpoint(ReviewHandler handler) : IDisposable
{
    public const string Path = "/mutate";

    /// <summary>The API server accepts objects of up to 3 MiB, and a review of an UPDATE contains two of
    /// them.</summary>
    public const int MaxBodyBytes = 8 * 1024 * 1024;

    /// <summary>Larger bodies are rare, and parsing one needs many times its size, so at most two are handled at a
    /// time. A body waits after it has been read completely: waiting earlier would block the other streams of the
    /// connection, which share its flow-control window.</summary>
    private const int LargeBodyBytes = 256 * 1024;

    /// <summary>Larger buffers are not pooled, because the pool would keep them, and each could be up to twice as large
    /// as needed.</summary>
    private const int PooledBytes = 2 * LargeBodyBytes;

    private readonly SemaphoreSlim _largeBodies = new(2);

    public void Dispose() => _largeBodies.Dispose();

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsPost(request.Method))
        {
            context.Response.Headers.Allow = "POST";
            await RejectAsync(context, StatusCodes.Status405MethodNotAllowed, "method", "expected POST");
            return;
        }
        if (!IsJson(request.ContentType))
        {
            await RejectAsync(
                context, StatusCodes.Status415UnsupportedMediaType, "content-type",
                "expected Content-Type: application/json");
            return;
        }
        if (request.ContentLength > MaxBodyBytes)
        {
            await RejectAsync(
                context, StatusCodes.Status413PayloadTooLarge, "too-large", $"expected at most {MaxBodyBytes} bytes");
            return;
        }
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(request.ContentLength ?? 16384, LargeBodyBytes) + 1);
        var large = false;
        try
        {
            var length = 0;
            var reader = request.BodyReader;
            while (true)
            {
                // No cancellation token: an aborted request ends the read anyway, and asking for the token would create
                // one.
                var read = await reader.ReadAsync();
                var part = read.Buffer;
                if (length + part.Length > buffer.Length)
                {
                    buffer = Grow(buffer, length, length + part.Length, request.ContentLength ?? 0);
                }

                part.CopyTo(buffer.AsSpan(length));
                length += (int)part.Length;
                reader.AdvanceTo(part.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }
            if (length > LargeBodyBytes)
            {
                await _largeBodies.WaitAsync(context.RequestAborted);
                large = true;
            }
            (var statusCode, var reply) = handler.Handle(buffer.AsMemory(0, length));
            await WriteAsync(context, statusCode, reply);
        }
        catch (BadHttpRequestException e)
        {
            // The body was longer than announced, longer than allowed, or slower than the minimum rate.
            await RejectAsync(context, e.StatusCode, "bad-http", e.Message);
        }
        catch (OutOfMemoryException)
        {
            // Several of the largest bodies came at once. The runtime keeps the heap below the container's limit.
            await RejectAsync(
                context, StatusCodes.Status503ServiceUnavailable, "no-memory", "no memory for a body of this size now");
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The caller has gone, so there is nobody to answer.
        }
        finally
        {
            Return(buffer);
            if (large)
            {
                _largeBodies.Release();
            }
        }
    }

    private Task RejectAsync(HttpContext context, int statusCode, string reason, string message)
    {
        (var code, var reply) = handler.Reject(statusCode, reason, message);
        return WriteAsync(context, code, reply);
    }

    /// <summary>Copies the reply before the first await, because the memory belongs to this thread.</summary>
    private static Task WriteAsync(HttpContext context, int statusCode, ReadOnlyMemory<byte> reply)
    {
        var response = context.Response;
        response.StatusCode = statusCode;
        response.ContentType = "application/json";
        response.ContentLength = reply.Length;
        response.BodyWriter.Write(reply.Span);
        return Task.CompletedTask;
    }

    private static bool IsJson(string? contentType)
    {
        ReadOnlySpan<char> type = contentType;
        var parameters = type.IndexOf(';');
        if (parameters >= 0)
        {
            type = type[..parameters];
        }

        return type.Trim().Equals("application/json", StringComparison.OrdinalIgnoreCase);
    }

    /// <param name="buffer">Returned to its pool.</param>
    /// <param name="used">How many octets of it are copied.</param>
    /// <param name="needed">The least size of the new buffer.</param>
    /// <param name="announced">The value of Content-Length; 0 when it is unknown.</param>
    private static byte[] Grow(byte[] buffer, int used, long needed, long announced)
    {
        var wanted = announced > 0 ? announced : buffer.Length * 2L;
        var size = (int)Math.Min(Math.Max(needed, wanted), MaxBodyBytes + 1);
        var larger = size > PooledBytes
            ? GC.AllocateUninitializedArray<byte>(size)
            : ArrayPool<byte>.Shared.Rent(size);
        buffer.AsSpan(0, used).CopyTo(larger);
        Return(buffer);
        return larger;
    }

    private static void Return(byte[] buffer)
    {
        if (buffer.Length <= PooledBytes)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

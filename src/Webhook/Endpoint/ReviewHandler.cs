using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;
using NodeDns.Injection.Patch;
using NodeDns.Webhook.Telemetry;

namespace NodeDns.Webhook.Endpoint;

/// <summary>The main path: bytes in, bytes out.
/// <code>
/// body ─1 parse─▶ AdmissionRequest ─2 decide─▶ Decision ─3 patch─▶ JSON Patch ─4 answer─▶ AdmissionReview
/// </code>
/// Nothing here knows of HTTP: the endpoint, the fuzz target and the suites all call <see cref="Handle"/>.</summary>
internal sealed class ReviewHandler(
    DnsPolicyDecider decider,
    Func<string, NamespaceSettings> namespaces,
    Func<CacheState> cacheState,
    ReviewMetrics metrics,
    ILogger logger)
{
    [ThreadStatic]
    private static ReviewBuffers? s_buffers;

    /// <summary>Handles a body. Never throws, whatever the body is.</summary>
    /// <returns>The HTTP status, and the answer, which is always an AdmissionReview. The memory belongs to this thread:
    /// use it before the next call on this thread, and before any await.</returns>
    public (int StatusCode, ReadOnlyMemory<byte> Reply) Handle(ReadOnlyMemory<byte> body)
    {
        var started = metrics.Now();
        var buffers = s_buffers ??= new ReviewBuffers();
        if (body.IsEmpty)
        {
            return Reject(
                buffers, StatusCodes.Status400BadRequest, "empty-body",
                "the body is empty: expected an AdmissionReview");
        }
        // Step 1
        if (JsonText.TryParse(body, out var document) is { } unreadable)
        {
            return Reject(
                buffers, StatusCodes.Status400BadRequest, "not-json", $"the body is no JSON to read: {unreadable}");
        }

        using (document)
        {
            if (!JsonText.IsReadable(body.Span))
            {
                return Reject(
                    buffers, StatusCodes.Status400BadRequest, "not-utf8", "the body holds text that is no UTF-8");
            }

            if (AdmissionRequest.TryRead(document!.RootElement, out var request) is { } problem)
            {
                return Reject(buffers, StatusCodes.Status400BadRequest, "not-a-review", problem);
            }

            Answer(buffers, request);
        }
        metrics.Reviewed(started);
        return (StatusCodes.Status200OK, buffers.Reply.WrittenMemory);
    }

    /// <summary>Writes an answer to a request that cannot even be passed to <see cref="Handle"/>: wrong method, type or
    /// size.</summary>
    public (int StatusCode, ReadOnlyMemory<byte> Reply) Reject(int statusCode, string reason, string message) =>
        Reject(s_buffers ??= new ReviewBuffers(), statusCode, reason, message);

    private void Answer(ReviewBuffers buffers, in AdmissionRequest request)
    {
        var warnings = new Warnings();
        Decision decision;
        buffers.Reset();
        try
        {
            // Step 2
            decision = decider.Decide(request, namespaces, cacheState(), warnings);
            // Step 3
            DnsConfigPatch.Write(buffers.PatchWriter, decision);
            buffers.PatchWriter.Flush();
        }
#pragma warning disable CA1031 // A bug in here must not keep a pod from starting: it is counted, logged and answered.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.ReviewFailed(e);
            buffers.Reset();
            decision = Decision.Skip(SkipReason.InternalError);
        }
        Explain(decision, warnings);
        metrics.Decided(decision);
        metrics.Warned(warnings.Texts.Count);
        if (logger.IsEnabled(decision.Kind == DecisionKind.Injected ? LogLevel.Debug : LogLevel.Information))
        {
            Log(request, decision, warnings);
        }
        // Step 4
        AdmissionResponse.Write(
            buffers.ReplyWriter,
            request,
            buffers.Patch.WrittenSpan,
            decision.Kind.Name(),
            decision.Reason?.Name(),
            warnings.Texts);
        buffers.ReplyWriter.Flush();
    }

    /// <summary>Adds a warning if the reason is an unexpected one.</summary>
    private static void Explain(Decision decision, Warnings warnings)
    {
        if (decision.Kind == DecisionKind.Undone)
        {
            warnings.Add(
                $"node-dns-webhook took back its change ({decision.Reason!.Value.Name()}): "
                + decision.Reason.Value.Explain());
        }
        else if (decision.Reason is SkipReason.Unreadable or SkipReason.NoNamespace or SkipReason.CacheSilent
            or SkipReason.PodInvalid or SkipReason.ResultInvalid or SkipReason.InternalError)
        {
            var detail = decision.Detail is null ? "" : $": {decision.Detail}";
            warnings.Add($"node-dns-webhook left the pod as it is: {decision.Reason.Value.Explain()}{detail}");
        }
    }

    private void Log(in AdmissionRequest request, Decision decision, Warnings warnings)
    {
        PodView.TryRead(request.Object, out var pod);
        var name = pod.Name ?? "";
        var owner = pod.Owner.Text("name"u8) ?? "";
        var space = request.Namespace ?? "";
        var reason = decision.Reason?.Name() ?? "";
        var detail = decision.Detail ?? decision.Reason?.Explain() ?? "";
        switch (decision.Kind)
        {
            case DecisionKind.Injected:
                logger.Injected(space, name, owner, decision.Plan!.Status ?? "", warnings.Texts.Count);
                break;
            case DecisionKind.Undone:
                logger.Undone(space, name, owner, reason, detail);
                break;
            default:
                logger.Skipped(space, name, owner, reason, detail);
                break;
        }
    }

    private (int StatusCode, ReadOnlyMemory<byte> Reply) Reject(
        ReviewBuffers buffers, int statusCode, string reason, string message)
    {
        metrics.Rejected(reason);
        logger.Rejected(statusCode, reason, message);
        buffers.Reset();
        AdmissionResponse.WriteError(buffers.ReplyWriter, statusCode, message);
        buffers.ReplyWriter.Flush();
        return (statusCode, buffers.Reply.WrittenMemory);
    }

    /// <summary>Each thread has one set of buffers and keeps it, so a review allocates none.</summary>
    private sealed class ReviewBuffers
    {
        private static readonly JsonWriterOptions s_write =
            new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

        public ReviewBuffers()
        {
            PatchWriter = new Utf8JsonWriter(Patch, s_write);
            ReplyWriter = new Utf8JsonWriter(Reply, s_write);
        }

        public ArrayBufferWriter<byte> Patch { get; } = new(1024);

        public ArrayBufferWriter<byte> Reply { get; } = new(2048);

        public Utf8JsonWriter PatchWriter { get; }

        public Utf8JsonWriter ReplyWriter { get; }

        public void Reset()
        {
            Patch.ResetWrittenCount();
            Reply.ResetWrittenCount();
            PatchWriter.Reset();
            ReplyWriter.Reset();
        }
    }
}

using System.Buffers;
using System.Buffers.Text;
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
    Func<string, NamespaceSettings> namespaceSettings,
    Func<CacheState> cacheState,
    WebhookMetrics metrics,
    ILogger logger)
{
    [ThreadStatic]
    private static ReviewBuffers? t_buffers;

    /// <summary>Never throws on any body.</summary>
    /// <returns>The HTTP status and the answer, always an AdmissionReview. The memory is this thread's: use it before
    /// its next call, and before any await.</returns>
    public (int StatusCode, ReadOnlyMemory<byte> Reply) Handle(ArraySegment<byte> body)
    {
        long started = metrics.Now();
        ReviewBuffers buffers = t_buffers ??= new ReviewBuffers();
        if (body.Count == 0)
            return Reject(
                buffers, StatusCodes.Status400BadRequest, "empty-body",
                "the body is empty: expected an AdmissionReview");
        // 1
        if (buffers.Body.TryRead(body, out JsonView review) is { } unreadable)
            return Reject(
                buffers, StatusCodes.Status400BadRequest, "not-json", $"the body is no JSON to read: {unreadable}");
        if (!JsonStrings.AreReadable(body))
            return Reject(
                buffers, StatusCodes.Status400BadRequest, "not-utf8", "the body holds text that is no UTF-8");
        if (AdmissionRequest.TryRead(review, out AdmissionRequest request) is { } problem)
            return Reject(buffers, StatusCodes.Status400BadRequest, "not-a-review", problem);
        Answer(buffers, request);
        buffers.Body.Clear();
        metrics.Reviewed(started);
        return (StatusCodes.Status200OK, buffers.Reply.WrittenMemory);
    }

    /// <summary>An answer for what cannot even be handed to <see cref="Handle"/>: wrong method, type or size.</summary>
    public (int StatusCode, ReadOnlyMemory<byte> Reply) Reject(int statusCode, string reason, string message) =>
        Reject(t_buffers ??= new ReviewBuffers(), statusCode, reason, message);

    private void Answer(ReviewBuffers buffers, in AdmissionRequest request)
    {
        var warnings = new Warnings();
        Decision decision;
        ReadOnlySpan<byte> patch = default;
        try
        {
            // 2
            decision = decider.Decide(request, namespaceSettings, cacheState(), warnings);
            buffers.Reset();
            // 3
            if (decision.Plan is { } plan)
                patch = Encode(buffers, plan, decision.Pod);
        }
#pragma warning disable CA1031 // A bug in here must not keep a pod from starting: it is counted, logged and answered.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.ReviewFailed(e);
            buffers.Reset();
            patch = default;
            decision = Decision.Skip(SkipReason.InternalError);
        }
        if (decision.Plan is null)
            Explain(decision, warnings);
        else
            metrics.Injected();
        metrics.Warned(warnings.Texts.Count);
        if (logger.IsEnabled(LogLevel.Debug) || (decision.Plan is null && logger.IsEnabled(LogLevel.Information)))
            Log(request, decision, warnings);
        // 4
        AdmissionResponse.Write(
            buffers.ReplyWriter,
            request,
            patch,
            decision.Plan is null ? "skipped" : "injected",
            decision.Plan is null ? decision.Reason.Name() : null,
            warnings.Texts);
        buffers.ReplyWriter.Flush();
    }

    /// <summary>The patch as the answer carries it: base64, in quotes. A plan that serves many pods keeps it.</summary>
    private static ReadOnlySpan<byte> Encode(ReviewBuffers buffers, DnsPlan plan, PodView pod)
    {
        int shape = DnsConfigPatch.Shape(pod);
        if (plan.Encoded?[shape] is { } kept)
            return kept;
        DnsConfigPatch.Write(buffers.PatchWriter, plan, pod);
        buffers.PatchWriter.Flush();
        ReadOnlySpan<byte> document = buffers.Patch.WrittenSpan;
        int length = Base64.GetMaxEncodedToUtf8Length(document.Length) + 2;
        buffers.Base64.ResetWrittenCount();
        Span<byte> quoted = buffers.Base64.GetSpan(length)[..length];
        quoted[0] = quoted[^1] = (byte)'"';
        Base64.EncodeToUtf8(document, quoted[1..^1], out _, out _);
        if (plan.Encoded is not null)
            plan.Encoded[shape] = quoted.ToArray();
        return quoted;
    }

    /// <summary>Counts a skip, and warns of those that nobody expects.</summary>
    private void Explain(Decision decision, Warnings warnings)
    {
        metrics.Skipped(decision.Reason);
        if (decision.Reason is SkipReason.Unreadable or SkipReason.NoNamespace or SkipReason.CacheSilent
            or SkipReason.PodInvalid or SkipReason.ResultInvalid or SkipReason.InternalError)
        {
            string detail = decision.Detail is null ? "" : $": {decision.Detail}";
            warnings.Add($"node-dns-webhook left the pod as it is: {decision.Reason.Explain()}{detail}");
        }
    }

    private void Log(in AdmissionRequest request, Decision decision, Warnings warnings)
    {
        PodView.TryRead(request.Object, out PodView pod);
        string name = pod.Name ?? "";
        string owner = pod.Owner.Text("name"u8) ?? "";
        string space = request.Namespace ?? "";
        if (decision.Plan is null)
            logger.Skipped(space, name, owner, decision.Reason.Name(), decision.Detail ?? decision.Reason.Explain());
        else
            logger.Injected(space, name, owner, InjectionStatus.Format(decision.Plan), warnings.Texts.Count);
    }

    private (int StatusCode, ReadOnlyMemory<byte> Reply) Reject(
        ReviewBuffers buffers, int statusCode, string reason, string message)
    {
        buffers.Body.Clear();
        metrics.Rejected(reason);
        logger.Rejected(statusCode, reason, message);
        buffers.Reset();
        AdmissionResponse.WriteError(buffers.ReplyWriter, statusCode, message);
        buffers.ReplyWriter.Flush();
        return (statusCode, buffers.Reply.WrittenMemory);
    }

    /// <summary>One set for each thread; they are kept, so that a review allocates no buffer.</summary>
    private sealed class ReviewBuffers
    {
        private static readonly JsonWriterOptions s_write =
            new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

        public ReviewBuffers()
        {
            PatchWriter = new Utf8JsonWriter(Patch, s_write);
            ReplyWriter = new Utf8JsonWriter(Reply, s_write);
        }

        public JsonIndex Body { get; } = new();

        public ArrayBufferWriter<byte> Patch { get; } = new(1024);

        public ArrayBufferWriter<byte> Base64 { get; } = new(2048);

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

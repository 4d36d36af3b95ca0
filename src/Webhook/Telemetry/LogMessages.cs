namespace NodeDns.Webhook.Telemetry;

/// <summary>Every log message of the webhook.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(LogLevel.Information,
        "ready: version={Version} mutate={Mutate} metrics={Metrics} settings={Settings} fingerprint={Fingerprint}")]
    public static partial void Ready(
        this ILogger logger, string version, string mutate, string metrics, string settings, string fingerprint);

    [LoggerMessage(LogLevel.Warning, "setting: {Text}")]
    public static partial void SettingRemark(this ILogger logger, string text);

    [LoggerMessage(
        LogLevel.Debug, "injected: namespace={Namespace} pod={Pod} owner={Owner} status={Status} warnings={Warnings}")]
    public static partial void Injected(
        this ILogger logger, string @namespace, string pod, string owner, string status, int warnings);

    [LoggerMessage(
        LogLevel.Information, "skipped: namespace={Namespace} pod={Pod} owner={Owner} reason={Reason} ({Detail})")]
    public static partial void Skipped(
        this ILogger logger, string @namespace, string pod, string owner, string reason, string detail);

    [LoggerMessage(
        LogLevel.Information, "undone: namespace={Namespace} pod={Pod} owner={Owner} reason={Reason} ({Detail})")]
    public static partial void Undone(
        this ILogger logger, string @namespace, string pod, string owner, string reason, string detail);

    [LoggerMessage(LogLevel.Warning, "rejected: status={StatusCode} reason={Reason} ({Detail})")]
    public static partial void Rejected(this ILogger logger, int statusCode, string reason, string detail);

    [LoggerMessage(LogLevel.Error, "a review failed; the pod was allowed unchanged")]
    public static partial void ReviewFailed(this ILogger logger, Exception exception);

    [LoggerMessage(
        LogLevel.Information, "certificate: subject={Subject} serial={Serial} expires={Expires:yyyy-MM-ddTHH:mm:ssZ}")]
    public static partial void CertificateLoaded(
        this ILogger logger, string subject, string serial, DateTimeOffset expires);

    [LoggerMessage(LogLevel.Error, "certificate not loaded, the last good one stays in use: {Problem}")]
    public static partial void CertificateKept(this ILogger logger, string problem);

    [LoggerMessage(
        LogLevel.Warning, "certificate expired at {Expires:yyyy-MM-ddTHH:mm:ssZ}: the API server refuses it")]
    public static partial void CertificateExpired(this ILogger logger, DateTimeOffset expires);

    [LoggerMessage(LogLevel.Information, "node cache: {Address} {State} ({Detail})")]
    public static partial void CacheStateChanged(this ILogger logger, string address, string state, string detail);

    [LoggerMessage(LogLevel.Information, "namespaces: {Count} known, watching")]
    public static partial void NamespacesKnown(this ILogger logger, int count);

    [LoggerMessage(LogLevel.Warning, "namespaces: {Problem}; trying again")]
    public static partial void NamespacesLost(this ILogger logger, string problem);

    [LoggerMessage(LogLevel.Warning, "namespace {Namespace}: {Warning}")]
    public static partial void NamespaceWarning(this ILogger logger, string @namespace, string warning);

    [LoggerMessage(LogLevel.Information, "stopping: unready, serving for {Seconds} more seconds")]
    public static partial void Stopping(this ILogger logger, int seconds);
}

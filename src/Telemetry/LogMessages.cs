using Microsoft.Extensions.Logging;

namespace NodeDns.Telemetry;

/// <summary>Every log message of the cache. The logger's category is the prefix (<c>plugin/reload</c>). The hit path
/// logs nothing. A message names the setting, its value and the remedy.</summary>
public static partial class LogMessages
{
    // Start and stop.

    [LoggerMessage(Level = LogLevel.Information, Message = "node-dns-cache {version} ({runtime})")]
    public static partial void Started(this ILogger log, string version, string runtime);

    [LoggerMessage(Level = LogLevel.Information, Message = "{zones} on {address}")]
    public static partial void Serving(this ILogger log, string zones, string address);

    [LoggerMessage(Level = LogLevel.Information, Message = "{workers} workers, cache budget {bytes} bytes")]
    public static partial void Sized(this ILogger log, int workers, long bytes);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{problem}")]
    public static partial void CannotStart(this ILogger log, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Going into lameduck mode for {duration}")]
    public static partial void Lameduck(this ILogger log, string duration);

    [LoggerMessage(Level = LogLevel.Information, Message = "{signal}: Shutting down servers then terminating")]
    public static partial void ShuttingDown(this ILogger log, string signal);

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening sockets taken from {socket}")]
    public static partial void SocketsTaken(this ILogger log, string socket);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Hand-over at {socket}: {problem}; trying again")]
    public static partial void HandoverFailed(this ILogger log, string socket, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "--tap {socket}: {problem}; serving without it")]
    public static partial void TapNotOpened(this ILogger log, string socket, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "The answers cannot be handed over, the next cache starts empty: {problem}")]
    public static partial void EntriesNotExported(this ILogger log, string problem);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{socket}: the guard gives this socket, and no server block binds its address: queries there are "
            + "REFUSED. Remedy: add the address to a bind line of the Corefile, or take it from the guard's --address")]
    public static partial void NobodyBinds(this ILogger log, string socket);

    // Configuration and reload.

    [LoggerMessage(Level = LogLevel.Information, Message = "Running configuration {algorithm} = {hash}")]
    public static partial void RunningConfiguration(this ILogger log, string algorithm, string hash);

    [LoggerMessage(Level = LogLevel.Information, Message = "Reloading")]
    public static partial void Reloading(this ILogger log);

    [LoggerMessage(Level = LogLevel.Information, Message = "Reloading complete")]
    public static partial void Reloaded(this ILogger log);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Corefile changed but reload failed; the last good one stays in force: {problem}")]
    public static partial void ReloadFailed(this ILogger log, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{warning}")]
    public static partial void ConfigurationWarning(this ILogger log, string warning);

    [LoggerMessage(Level = LogLevel.Error, Message = "{file}: {problem}; its other entries apply")]
    public static partial void KubeDnsEntryIgnored(this ILogger log, string file, string problem);

    // Endpoints of cluster DNS.

    [LoggerMessage(Level = LogLevel.Information, Message = "endpoints {name}: {count} pods are asked themselves")]
    public static partial void EndpointsFound(this ILogger log, string name, int count);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "endpoints {name}: {problem}; the servers of the forward are asked. Remedy: a headless Service (clusterIP: None) "
            + "that selects the pods of cluster DNS, or no endpoints")]
    public static partial void EndpointsMissing(this ILogger log, string name, string problem);

    // Search lists.

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "search_cut {domain}: {name} exists, though {point} does not: names that end in {label} are asked for again, for "
            + "an hour. Remedy if it comes again: take search_cut out, or give the names below {point} another ending")]
    public static partial void SearchCutOff(this ILogger log, string label, string domain, string name, string point);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "search_cut {domain}: the denial of {name} is not that of {domain} itself: names below it are asked for as "
            + "ever. Remedy: name the domain that cluster DNS serves (told once)")]
    public static partial void SearchCutOtherZone(this ILogger log, string name, string domain);

    // Endpoints.

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot listen: {problem}")]
    public static partial void CannotListen(this ILogger log, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "tls: {problem}; what was read before stays in force")]
    public static partial void HttpsFilesUnusable(this ILogger log, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "tls: {certificate} read again")]
    public static partial void HttpsFilesRead(this ILogger log, string certificate);

    [LoggerMessage(Level = LogLevel.Information, Message = "Not ready: {missing}")]
    public static partial void NotReady(this ILogger log, string missing);

    // Failed queries (the errors directive), worded as in CoreDNS: rcode, name, type, then the reason.

    [LoggerMessage(Level = LogLevel.Error, Message = "{rcode} {name} {qtype}: {reason}")]
    public static partial void QueryFailed(this ILogger log, int rcode, string name, string qtype, string reason);

    [LoggerMessage(Message = "{count} errors like '{pattern}' occurred in last {period}")]
    public static partial void QueriesFailed(
        this ILogger log, LogLevel level, int count, string pattern, string period);

    [LoggerMessage(Message = "{message}")]
    public static partial void QueryFailedFirst(this ILogger log, LogLevel level, string message);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Recovered from a bug while answering {name}")]
    public static partial void Panicked(this ILogger log, Exception exception, string name);

    // Upstreams.

    [LoggerMessage(Level = LogLevel.Warning, Message = "Upstream {to} is down: {reason}")]
    public static partial void UpstreamDown(this ILogger log, string to, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Upstream {to} is up again")]
    public static partial void UpstreamUp(this ILogger log, string to);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Upstream {to} answers without EDNS (OPT records) only, a middlebox may drop it: asked without from now "
            + "on, and tried with it every 10 minutes")]
    public static partial void UpstreamDropsEdns(this ILogger log, string to);

    [LoggerMessage(Level = LogLevel.Information, Message = "Upstream {to} answers with EDNS again")]
    public static partial void UpstreamTakesEdns(this ILogger log, string to);

    // Plugins.

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Loop ({client} -> {zone}) detected for zone {zone}: the probe {name} came back to this server, so "
            + "an upstream leads back here. Such queries get SERVFAIL until it stops. Remedy: in the forward of this "
            + "zone, name an upstream that does not use this cache (often /etc/resolv.conf does)")]
    public static partial void LoopDetected(this ILogger log, string client, string zone, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "The loop for zone {zone} is gone")]
    public static partial void LoopGone(this ILogger log, string zone);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{file}: {problem}; the entries read before stay in force")]
    public static partial void HostsFileUnreadable(this ILogger log, string file, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{file}:{line}: {problem}; the line is skipped")]
    public static partial void HostsLineSkipped(this ILogger log, string file, int line, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{file}: {problem}; the weights read before stay in force")]
    public static partial void WeightFileUnusable(this ILogger log, string file, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "{file}: weights read")]
    public static partial void WeightFileRead(this ILogger log, string file);

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected to {collector}")]
    public static partial void DnstapConnected(this ILogger log, string collector);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "No connection to {collector}: {problem}; messages are dropped, and it is tried again every second")]
    public static partial void DnstapNotConnected(this ILogger log, string collector, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{count} messages dropped: {collector} reads too slowly")]
    public static partial void DnstapDropped(this ILogger log, string collector, long count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "template of {name}: {problem}")]
    public static partial void TemplateFailed(this ILogger log, string name, string problem);
}

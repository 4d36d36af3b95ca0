namespace NodeDns.Cache.Corefile.Directives;

/// <summary>trace [TYPE] [ENDPOINT] { every, service, client_server, … }: read by name only, and answered by a warning.
/// </summary>
internal static class TraceReader
{
    private const string Known = "every, service, client_server, datadog_analytics_rate, zipkin_max_backlog_size, "
        + "zipkin_max_batch_size, zipkin_max_batch_interval";

    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        scope.Count(scope.Head, 0, 2, "expected [zipkin|datadog] [ENDPOINT]");
        if (scope.Head.Args is [var type, _] && type.Text.ToLowerInvariant() is not ("zipkin" or "datadog"))
            scope.Error(scope.Head, "expected zipkin or datadog before the endpoint");
        foreach (var line in scope.Body)
        {
            if (!Known.Split(", ").Contains(line.Name.Text))
                scope.UnknownOption(line, Known);
        }

        scope.Warn(scope.Head, "does nothing here: use EventPipe (dotnet-trace), or the metrics through an "
            + "OpenTelemetry collector");
        return block with { Trace = new() { At = scope.At } };
    }
}

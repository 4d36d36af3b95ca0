using System.Globalization;
using NodeDns.Go;

namespace NodeDns.Corefile.Directives;

/// <summary>trace [TYPE] [ENDPOINT] { every, service, client_server, … }: accepted with a warning.</summary>
internal static class TraceReader
{
    private const string Known = "every, service, client_server, datadog_analytics_rate, zipkin_max_backlog_size, "
        + "zipkin_max_batch_size, zipkin_max_batch_interval";

    /// <summary>The values that Go's strconv.ParseBool accepts.</summary>
    private static readonly string[] s_flags =
        ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"];

    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        scope.Count(scope.Head, 0, 2, "expected [zipkin|datadog] [ENDPOINT]");
        if (scope.Head.Args is [var type, _] && type.Text.ToLowerInvariant() is not ("zipkin" or "datadog"))
        {
            scope.Error(scope.Head, "expected zipkin or datadog before the endpoint");
        }

        foreach (var line in scope.Body)
        {
            switch (line.Name.Text)
            {
                case "every":
                    Whole(scope, line, least: 0);
                    break;
                case "service":
                    scope.Count(line, 1, 1, "expected one name");
                    break;
                case "client_server":
                    if (scope.Count(line, 0, 1, "expected true or false") && line.Args is [var flag]
                        && !s_flags.Contains(flag.Text))
                    {
                        scope.Error(line, "expected true or false");
                    }

                    break;
                case "datadog_analytics_rate":
                    if (scope.Count(line, 0, 1, "expected a rate, 0 to 1") && line.Args is [var rate]
                        && !(double.TryParse(rate.Text, CultureInfo.InvariantCulture, out var part) && part is >= 0 and <= 1))
                    {
                        scope.Error(line, "expected a rate, 0 to 1");
                    }

                    break;
                case "zipkin_max_backlog_size" or "zipkin_max_batch_size":
                    Whole(scope, line, int.MinValue);
                    break;
                case "zipkin_max_batch_interval":
                    if (scope.Count(line, 1, 1, "expected one duration") && !GoDuration.TryParse(line.Args[0].Text, out _))
                    {
                        scope.Error(line, "expected a duration such as 10s");
                    }

                    break;
                default:
                    scope.UnknownOption(line, Known);
                    break;
            }
        }

        scope.Warn(scope.Head, "does nothing here: use EventPipe (dotnet-trace), or the metrics through an "
            + "OpenTelemetry collector");
        return block with { Trace = new() { At = scope.At } };
    }

    private static void Whole(DirectiveScope scope, OptionLine line, int least)
    {
        if (scope.Count(line, 1, 1, "expected one number"))
        {
            scope.Number(line, 0, 0, "a number", least);
        }
    }
}

namespace NodeDns.Corefile.Directives;

/// <summary>prometheus [ADDRESS] { runtime_metrics, tls FILE }</summary>
internal static class PrometheusReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        if (!scope.Once(block.Prometheus))
        {
            return block;
        }

        var prometheus = new PrometheusConfig { At = scope.At };
        if (scope.Count(scope.Head, 0, 1, "expected one address") && !scope.Head.Args.IsEmpty)
        {
            prometheus = prometheus with { Address = scope.Listen(scope.Head, 0, prometheus.Address) };
        }

        OptionLine? tls = null;
        foreach (var line in scope.Body)
        {
            switch (line.Name.Text)
            {
                case "runtime_metrics":
                    scope.NoArgs(line);
                    prometheus = prometheus with { RuntimeMetrics = true };
                    break;
                case "tls":
                    if (tls is not null)
                    {
                        scope.Error(line, "expected once");
                    }
                    else if (scope.Count(line, 1, 1, "expected one web configuration file"))
                    {
                        prometheus = prometheus with { Tls = Tls(scope, tls = line) };
                    }

                    break;
                default:
                    scope.UnknownOption(line, "runtime_metrics, tls");
                    break;
            }
        }

        return block with { Prometheus = prometheus };
    }

    private static WebTlsConfig? Tls(DirectiveScope scope, OptionLine line)
    {
        var path = line.Args[0].Text;
        if (scope.Files.Read(path, out var reason) is not { } text)
        {
            scope.Error(line, $"expected a readable web configuration file: {reason}");
            return null;
        }

        var tls = WebConfigText.Parse(text, Path.GetDirectoryName(path) ?? "", out var problem);
        if (problem.Length > 0)
        {
            scope.Error(line, $"expected a web configuration file: {problem}");
        }

        foreach (var file in new[] { tls?.CertificateFile, tls?.KeyFile, tls?.ClientCaFile }.OfType<string>())
        {
            // Read only to check it. The endpoint itself loads the file again when it changes.
            if (scope.Options.Files.Read(file, out reason) is null)
            {
                scope.Error(line, $"expected a readable PEM file {file}: {reason}");
            }
        }

        return tls;
    }
}

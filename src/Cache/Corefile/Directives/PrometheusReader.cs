namespace NodeDns.Cache.Corefile.Directives;

/// <summary>prometheus [ADDRESS] { runtime_metrics, tls FILE }</summary>
internal static class PrometheusReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        if (!scope.Once(block.Prometheus))
            return block;
        var prometheus = new PrometheusConfig { At = scope.At };
        if (scope.Count(scope.Head, 0, 1, "expected one address") && !scope.Head.Args.IsEmpty)
            prometheus = prometheus with { Address = scope.Listen(scope.Head, 0, prometheus.Address) };
        foreach (var line in scope.Body)
        {
            switch (line.Name.Text)
            {
                case "runtime_metrics":
                    scope.NoArgs(line);
                    prometheus = prometheus with { RuntimeMetrics = true };
                    break;
                case "tls":
                    scope.Error(line, "expected no tls: metrics are plain HTTP here; bind them to localhost and put a "
                        + "TLS proxy such as kube-rbac-proxy before them");
                    break;
                default:
                    scope.UnknownOption(line, "runtime_metrics");
                    break;
            }
        }

        return block with { Prometheus = prometheus };
    }
}

using System.Globalization;
using NodeDns.Addresses;
using NodeDns.Dns.Records;
using NodeDns.Go;

namespace NodeDns.Corefile.Directives;

/// <summary>forward FROM TO... { options }; each line is a separate forward.</summary>
internal static class ForwardReader
{
    private const string Known = "except, force_tcp, prefer_udp, tls, tls_servername, policy, max_fails, health_check, "
        + "expire, max_age, max_idle_conns, max_connect_attempts, read_timeout, max_concurrent, next, next_on_nodata, "
        + "failover, failfast_all_unhealthy_upstreams, resolver, source_address, endpoints";

    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        var args = scope.Head.Args;
        if (!scope.Count(scope.Head, 2, int.MaxValue, "expected a zone, then servers or /etc/resolv.conf"))
        {
            return block;
        }

        var forward = new ForwardConfig { At = scope.At };
        var from = scope.Zones(args.Take(1));
        if (from.Length > 1)
        {
            scope.Warn(scope.Head, $"is several zones, of which only {from[0]} is forwarded, as in CoreDNS");
        }

        if (!from.IsEmpty)
        {
            forward = forward with { From = from[0] };
        }

        foreach (var line in scope.Body)
        {
            forward = Option(forward, scope, line);
        }

        if (forward.MaxAge is { } age && age > TimeSpan.Zero && age < forward.Expire)
        {
            scope.Error(scope.Body.Last(line => line.Name.Text == "max_age"),
                $"expected an age of at least expire, {GoDuration.Format(forward.Expire)}, or 0s");
        }

        if (args.Length - 1 > ForwardConfig.ToMaximum)
        {
            scope.Error(scope.Head, $"expected at most {ForwardConfig.ToMaximum} servers");
        }

        var resolver = scope.Body.LastOrDefault(line => line.Name.Text == "resolver");
        forward = forward with { To = UpstreamReader.Read(scope, args.Skip(1), resolver) };
        if (forward.Endpoints is not null && forward.To.Any(to => to.Tls))
        {
            scope.Error(scope.Body.Last(line => line.Name.Text == "endpoints"),
                "expected no endpoints beside tls:// servers: the pods behind them have no name that a certificate could show");
        }

        if (forward.TlsServerName is not null && forward.To.FirstOrDefault(to => to.ServerName is not null) is { } named)
        {
            scope.Error(scope.Head, $"expected either tls_servername or %{named.ServerName} after the server, not both");
        }

        return block with { Forward = block.Forward.Add(forward) };
    }

    private static ForwardConfig Option(ForwardConfig forward, DirectiveScope scope, OptionLine line)
    {
        switch (line.Name.Text)
        {
            case "except":
                return !scope.Count(line, 1, int.MaxValue, "expected at least one zone")
                    ? forward : forward with { Except = [.. forward.Except, .. scope.Zones(line.Args)] };
            case "force_tcp":
                scope.NoArgs(line);
                return forward with { ForceTcp = true };
            case "prefer_udp":
                scope.NoArgs(line);
                return forward with { PreferUdp = true };
            case "next_on_nodata":
                scope.NoArgs(line);
                return forward with { NextOnNodata = true };
            case "failfast_all_unhealthy_upstreams":
                scope.NoArgs(line);
                return forward with { FailfastAllUnhealthy = true };
            case "tls":
                return forward with { Tls = Tls(scope, line) };
            case "next":
                return forward with { Next = [.. forward.Next, .. Rcodes(scope, line, allowNoError: true)] };
            case "failover":
                return forward with { Failover = [.. forward.Failover, .. Rcodes(scope, line, allowNoError: false)] };
            case "health_check":
                return forward with { HealthCheck = HealthCheck(scope, line) };
            case "resolver":
                return forward;
            case "doh_method":
                scope.Error(line, "expected no doh_method: upstreams are asked over UDP, TCP or TLS (tls://)");
                return forward;
        }

        if (line.Name.Text is not ("max_fails" or "max_connect_attempts" or "tls_servername" or "expire" or "max_age"
            or "max_idle_conns" or "endpoints" or "policy" or "max_concurrent" or "read_timeout" or "source_address"))
        {
            scope.UnknownOption(line, Known);
            return forward;
        }

        return scope.Count(line, 1, 1, "expected one value") ? Value(forward, scope, line) : forward;
    }

    private static ForwardConfig Value(ForwardConfig forward, DirectiveScope scope, OptionLine line)
    {
        switch (line.Name.Text)
        {
            case "max_fails":
                return forward with { MaxFails = scope.Number(line, 0, 0, "a number of failed probes", 0) };
            case "max_connect_attempts":
                return forward with { MaxConnectAttempts = scope.Number(line, 0, 0, "a number of attempts", 0) };
            case "max_idle_conns":
                return forward with { MaxIdleConns = scope.Number(line, 0, 0, "a number of connections", 0) };
            case "max_concurrent":
                return forward with { MaxConcurrent = scope.Number(line, 0, 0, "a number of questions", 0) };
            case "expire":
                return forward with
                {
                    Expire = scope.Duration(line, 0, ForwardConfig.ExpireDefault, "an idle time", TimeSpan.Zero),
                };
            case "max_age":
                return forward with { MaxAge = scope.Duration(line, 0, default, "an age", TimeSpan.Zero) };
            case "read_timeout":
                return forward with
                {
                    ReadTimeout = scope.Duration(line, 0, default, "a timeout", TimeSpan.FromMilliseconds(1)),
                };
            case "endpoints":
                return Endpoints(forward, scope, line);
            case "tls_servername":
                return forward with { TlsServerName = line.Args[0].Text };
            case "source_address":
                if (AddressText.TryAddress(line.Args[0].Text, out var source))
                {
                    return forward with { SourceAddress = source };
                }

                scope.Error(line, "expected an address");
                return forward;
            default:
                ForwardPolicy? policy = line.Args[0].Text switch
                {
                    "random" => ForwardPolicy.Random,
                    "round_robin" => ForwardPolicy.RoundRobin,
                    "sequential" => ForwardPolicy.Sequential,
                    _ => null,
                };
                if (policy is null)
                {
                    scope.Error(line, "expected random, round_robin or sequential");
                }

                return forward with { Policy = policy ?? ForwardPolicy.Random };
        }
    }

    /// <summary>NAME or NAME:PORT.</summary>
    private static ForwardConfig Endpoints(ForwardConfig forward, DirectiveScope scope, OptionLine line)
    {
        var text = line.Args[0].Text;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        int? port = null;
        if (colon >= 0)
        {
            port = ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
                && given > 0 ? given : null;
        }

        if ((colon >= 0 && port is null) || AddressText.TryAddress(text, out _)
            || !DomainName.TryNormalize(colon < 0 ? text : text[..colon], out var name) || name == ".")
        {
            scope.Error(line, "expected the name of a headless Service, such as kube-dns-endpoints.kube-system.svc.cluster.local, "
                + "with or without :PORT");
            return forward;
        }

        return forward with { Endpoints = name, EndpointsPort = port };
    }

    /// <summary>Nothing, CA, CERT KEY, or CERT KEY CA.</summary>
    private static TlsFilesConfig? Tls(DirectiveScope scope, OptionLine line)
    {
        if (!scope.Count(line, 0, 3, "expected nothing, CA, CERT KEY or CERT KEY CA"))
        {
            return null;
        }

        foreach (var file in line.Args)
        {
            if (scope.Files.Read(file.Text, out var reason) is not { } text)
            {
                scope.Error(file, $"expected a readable PEM file: {reason}");
            }
            else if (!text.Contains("-----BEGIN ", StringComparison.Ordinal))
            {
                scope.Error(file, "expected a PEM file, with a line that starts with -----BEGIN");
            }
        }

        return line.Args switch
        {
            [var ca] => new(null, null, ca.Text),
            [var cert, var key] => new(cert.Text, key.Text, null),
            [var cert, var key, var ca] => new(cert.Text, key.Text, ca.Text),
            _ => new(null, null, null),
        };
    }

    private static IEnumerable<ushort> Rcodes(DirectiveScope scope, OptionLine line, bool allowNoError)
    {
        scope.Count(line, 1, int.MaxValue, "expected at least one rcode");
        foreach (var arg in line.Args)
        {
            if (Mnemonics.TryRcode(arg.Text, out var rcode) && (allowNoError || rcode != 0))
            {
                yield return rcode;
            }
            else
            {
                scope.Error(line, allowNoError
                    ? "expected rcodes such as NXDOMAIN or SERVFAIL"
                    : "expected rcodes such as SERVFAIL or REFUSED, and not NOERROR");
            }
        }
    }

    private static HealthCheckConfig HealthCheck(DirectiveScope scope, OptionLine line)
    {
        const string Expected = "expected DURATION [no_rec] [domain NAME]";
        var check = new HealthCheckConfig();
        if (!scope.Count(line, 1, int.MaxValue, Expected))
        {
            return check;
        }

        check = check with { Interval = scope.Duration(line, 0, check.Interval, "an interval", TimeSpan.Zero) };
        for (var i = 1; i < line.Args.Length; i++)
        {
            if (line.Args[i].Text == "no_rec")
            {
                check = check with { RecursionDesired = false };
            }
            else if (line.Args[i].Text == "domain" && i + 1 < line.Args.Length
                && DomainName.TryNormalize(line.Args[++i].Text, out var name))
            {
                check = check with { Domain = name };
            }
            else
            {
                scope.Error(line, Expected);
                break;
            }
        }

        return check;
    }
}

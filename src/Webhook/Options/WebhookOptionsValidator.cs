using System.Collections.Frozen;
using NodeDns.Addresses;
using NodeDns.Injection.Decide;

namespace NodeDns.Webhook.Options;

/// <summary>Converts the text of the options to <see cref="WebhookOptions"/>, and detects what was not given.</summary>
internal static class WebhookOptionsValidator
{
    private static readonly SkipReason[] s_ignorable =
        [SkipReason.Fargate, SkipReason.VirtualNode, SkipReason.BypassesHost, SkipReason.DnsServer];

    /// <param name="reader">Receives every error.</param>
    /// <param name="readFile">The text of a file; null when it cannot be read.</param>
    /// <returns>null when there is an error.</returns>
    public static WebhookOptions? Validate(OptionsReader reader, Func<string, string?> readFile)
    {
        var remarks = new List<string>();
        var dns = DnsOptions.Read(reader, readFile, remarks);
        var listen = Listen(reader, "listen");
        var metricsListen = Listen(reader, "metrics-listen");
        if (listen.Clashes(metricsListen))
        {
            reader.Fail("metrics-listen", $"--listen has port {listen.Port} already: expected another port");
        }

        var options = new WebhookOptions
        {
            Listen = listen,
            MetricsListen = metricsListen,
            TlsCert = Required(reader, "tls-cert"),
            TlsKey = Required(reader, "tls-key"),
            TlsPoll = TimeSpan.FromSeconds(reader.Number("tls-poll-seconds", 1, 3600)),
            Injection = new InjectionSettings(dns, Selection(reader)),
            NamespaceSettings = reader.Flag("namespace-settings"),
            Probe = Probe(reader, dns),
            ShutdownDelay = TimeSpan.FromSeconds(reader.Number("shutdown-delay-seconds", 0, 300)),
            LogLevel = Level(reader),
            Remarks = remarks,
        };
        return reader.Errors.Count == 0 ? options : null;
    }

    private static SelectionModel Selection(OptionsReader reader)
    {
        var ignored = new List<SkipReason>();
        foreach (var name in reader.List("ignore-skip-rules"))
        {
            var rule = Array.Find(s_ignorable, reason => reason.Name() == name);
            if (rule == default)
            {
                reader.Fail(
                    "ignore-skip-rules", $"expected {string.Join(", ", s_ignorable.Select(reason => reason.Name()))}");
            }

            ignored.Add(rule);
        }
        return new SelectionModel
        {
            Mode = Mode(reader),
            ExcludedNamespaces = reader.List("excluded-namespaces").ToFrozenSet(),
            CompatLabel = reader.Flag("compat-label"),
            Percent = reader.Number("percent", 0, 100),
            PercentSeedLabel = reader.Given("percent-seed-label"),
            InjectHostNetwork = reader.Flag("inject-host-network"),
            IgnoredRules = ignored.ToFrozenSet(),
        };
    }

    private static SelectionMode Mode(OptionsReader reader)
    {
        var text = reader.Text("mode");
        if (text is not ("optIn" or "optOut"))
        {
            reader.Fail("mode", "expected optIn or optOut");
        }

        return text == SelectionMode.OptOut.Name() ? SelectionMode.OptOut : SelectionMode.OptIn;
    }

    private static ProbeOptions? Probe(OptionsReader reader, DnsModel dns)
    {
        var probe = reader.Flag("probe");
        var name = reader.Given("probe-name")
            ?? (dns.ClusterDomain.Length > 0 ? $"kubernetes.default.svc.{dns.ClusterDomain}."
                : "kubernetes.default.svc.");
        var options = new ProbeOptions(
            reader.Number("probe-port", 1, 65535),
            name,
            TimeSpan.FromSeconds(reader.Number("probe-seconds", 1, 3600)),
            TimeSpan.FromMilliseconds(reader.Number("probe-timeout-ms", 10, 60000)));
        return probe && dns.LocalAddresses.Count > 0 && AddressText.TryAddress(dns.LocalAddresses[0], out _)
            ? options
            : null;
    }

    private static ListenAddress Listen(OptionsReader reader, string name)
    {
        if (!ListenAddress.TryParse(reader.Text(name), out var listen))
        {
            reader.Fail(name, "expected HOST:PORT, HOST an IP address, localhost, * or nothing");
        }

        return listen;
    }

    private static string Required(OptionsReader reader, string name)
    {
        if (reader.Given(name) is { } path)
        {
            return path;
        }

        reader.Fail(name, "required: the path of a PEM file");
        return "";
    }

    private static LogLevel Level(OptionsReader reader)
    {
        var level = reader.Text("log-level") switch
        {
            "debug" => LogLevel.Debug,
            "info" => LogLevel.Information,
            "warn" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => LogLevel.None,
        };
        if (level == LogLevel.None)
        {
            reader.Fail("log-level", "expected debug, info, warn or error");
        }

        return level;
    }
}

using System.Globalization;
using System.Net;
using NodeDns.Addresses;
using NodeDns.Go;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Compat;

/// <summary>node-cache's flags, parsed like Go's flag package: with one dash or two, and the value after '=' or as the
/// next word. A boolean takes a value only after '='.</summary>
internal sealed record NodeCacheArguments
{
    private static readonly string[] s_booleans =
        ["setupinterface", "setupiptables", "setupebtables", "skipteardown", "reloadwithsignal", "quiet", "plugins",
            "version", "tls-enabled"];

    private static readonly string[] s_texts =
    [
        "localip", "interfacename", "syncinterval", "metrics-listen-address", "prometheus-listen-address",
        "health-port",
        "basecorefile", "corefile", "conf", "kubednscm", "upstreamsvc", "dns.port", "pidfile", "allow-port",
        .. NodeCacheTls.Texts,
    ];

    /// <summary>Two names of the same flag. The last one on the command line is used.</summary>
    private static readonly Dictionary<string, string> s_aliases = new()
    {
        ["p"] = "dns.port",
        ["kubednsconfig"] = "kubednscm",
        ["tls-client-auth-type"] = "client-auth-type",
        ["tls-client-ca-file"] = "client-ca-file",
    };

    public IReadOnlyList<IPAddress> LocalAddresses { get; private init; } = [];
    public bool SetupInterface { get; private init; }
    public string InterfaceName { get; private init; } = "";
    public bool SetupIptables { get; private init; }
    public bool SkipTeardown { get; private init; }
    public TimeSpan SyncInterval { get; private init; }
    public IPEndPoint? MetricsListen { get; private init; }

    /// <summary>HTTPS settings of <see cref="MetricsListen"/>; null for plain HTTP.</summary>
    public HttpTlsOptions? MetricsTls { get; private init; }

    public string PrometheusEndpoint { get; private init; } = "";
    public string BaseCorefile { get; private init; } = "";

    /// <summary>-conf: the file that node-cache generates from the base file. It is read here if there is no base
    /// file.</summary>
    public string Corefile { get; private init; } = "";

    public string KubeDnsDirectory { get; private init; } = "";
    public string UpstreamService { get; private init; } = "";
    public int DnsPort { get; private init; }

    /// <summary>-allow-port, which node-cache does not have: further ports that the Corefile may listen on.</summary>
    public IReadOnlyList<int> AllowedPorts { get; private init; } = [];

    public string? PidFile { get; private init; }
    public bool WantsVersion { get; private init; }

    /// <summary>Parses a command line.</summary>
    /// <returns>null when there are problems; each names the flag, its value and what was expected.</returns>
    public static NodeCacheArguments? Parse(IReadOnlyList<string> words, out IReadOnlyList<string> problems)
    {
        var found = new List<string>();
        problems = found;
        var given = ReadWords(words, found);
        var arguments = new NodeCacheArguments
        {
            WantsVersion = Boolean("version", false),
            LocalAddresses = ReadAddresses(Text("localip", ""), found, required: !Boolean("version", false)),
            SetupInterface = Boolean("setupinterface", true),
            InterfaceName = Text("interfacename", "nodelocaldns"),
            SetupIptables = Boolean("setupiptables", true),
            SkipTeardown = Boolean("skipteardown", false),
            SyncInterval = ReadInterval(Text("syncinterval", "60"), found),
            MetricsListen = ReadListen(Text("metrics-listen-address", "0.0.0.0:9353"), found),
            MetricsTls = NodeCacheTls.Read(Boolean("tls-enabled", false), Text, found),
            PrometheusEndpoint = Text("prometheus-listen-address", ":9253"),
            BaseCorefile = Text("basecorefile", "/etc/coredns/Corefile.base"),
            Corefile = Text("conf", Text("corefile", "/etc/Corefile")),
            KubeDnsDirectory = Text("kubednscm", "/etc/kube-dns"),
            UpstreamService = Text("upstreamsvc", "kube-dns"),
            DnsPort = ReadPort("dns.port", Text("dns.port", "53"), found),
            AllowedPorts = [.. Text("allow-port", "").Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(port => ReadPort("allow-port", port, found))],
            PidFile = given.GetValueOrDefault("pidfile"),
        };
        return found.Count == 0 ? arguments : null;

        string Text(string flag, string otherwise) => given.GetValueOrDefault(flag, otherwise);

        bool Boolean(string flag, bool otherwise)
        {
            switch (given.GetValueOrDefault(flag)?.ToLowerInvariant())
            {
                case null:
                    return otherwise;
                case "1" or "t" or "true":
                    return true;
                case "0" or "f" or "false":
                    return false;
                default:
                    found.Add($"-{flag}={given[flag]}: expected true or false");
                    return otherwise;
            }
        }
    }

    /// <summary>The address of a Service in this pod's namespace, from the environment variable that kubelet
    /// sets.</summary>
    public static IPAddress? ServiceAddress(string service, Func<string, string?> environment) =>
        AddressText.TryAddress(
            environment($"{service.ToUpperInvariant().Replace('-', '_')}_SERVICE_HOST"), out var address) ? address
                : null;

    private static Dictionary<string, string> ReadWords(IReadOnlyList<string> words, List<string> problems)
    {
        var given = new Dictionary<string, string>();
        for (var i = 0; i < words.Count; i++)
        {
            var name = words[i].TrimStart('-');
            var equals = name.IndexOf('=', StringComparison.Ordinal);
            var value = equals < 0 ? null : name[(equals + 1)..];
            name = equals < 0 ? name : name[..equals];
            name = s_aliases.GetValueOrDefault(name, name);
            if (!words[i].StartsWith('-') || (!s_booleans.Contains(name) && !s_texts.Contains(name)))
            {
                problems.Add($"{words[i]}: expected a flag of node-cache or a subcommand (serve, guard, check)");
            }
            else if (s_booleans.Contains(name))
            {
                given[name] = value ?? "true";
            }
            else if (value is not null || i + 1 < words.Count)
            {
                given[name] = value ?? words[++i];
            }
            else
            {
                problems.Add($"-{name}: expected a value");
            }
        }
        return given;
    }

    /// <summary>Addresses of both families are accepted together, which node-cache refuses. Empty items are
    /// skipped.</summary>
    private static List<IPAddress> ReadAddresses(string text, List<string> problems, bool required)
    {
        var addresses = new List<IPAddress>();
        foreach (var item in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (AddressText.TryAddress(item, out var address))
            {
                addresses.Add(address);
            }
            else
            {
                problems.Add($"-localip {item}: expected IP addresses separated by commas");
            }
        }
        if (addresses.Count == 0 && required)
        {
            problems.Add("-localip: expected at least one address");
        }
        return addresses;
    }

    /// <summary>node-cache multiplies a Go duration by a second, so there "60ns" means a minute and "30s" overflows.
    /// Here each form means what it says, and a plain number, or one in ns, means seconds.</summary>
    private static TimeSpan ReadInterval(string text, List<string> problems)
    {
        var number = text.EndsWith("ns", StringComparison.Ordinal) ? text[..^2] : text;
        var isNumber = !number.AsSpan().ContainsAnyExceptInRange('0', '9');
        if (GoDuration.TryParse(isNumber ? $"{number}s" : text, out var time) && time > TimeSpan.Zero)
        {
            return TimeSpan.FromSeconds(Math.Clamp(time.TotalSeconds, 1, 3600));
        }
        problems.Add($"-syncinterval {text}: expected a time such as 60s");
        return TimeSpan.FromMinutes(1);
    }

    private static IPEndPoint? ReadListen(string text, List<string> problems)
    {
        if (text.Length == 0)
        {
            return null;
        }
        if (ListenAddress.TryParse(text, out var listen) && listen.Port > 0)
        {
            return listen.ToEndPoint();
        }
        problems.Add($"-metrics-listen-address {text}: expected IP:PORT or :PORT");
        return null;
    }

    private static int ReadPort(string flag, string text, List<string> problems)
    {
        if (int.TryParse(text, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65_536)
        {
            return port;
        }
        problems.Add($"-{flag} {text}: expected a port number");
        return 53;
    }
}

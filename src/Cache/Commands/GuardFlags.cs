using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using NodeDns.Addresses;
using NodeDns.Guard;
using NodeDns.Guard.KernelAnswers;
using NodeDns.Guard.Node;
using NodeDns.Linux.Handover;

namespace NodeDns.Cache.Commands;

/// <summary>The flags of <c>node-dns-cache guard</c>, as docs/guard.md lists them.</summary>
internal sealed class GuardFlags
{
    /// <summary>The names of <see cref="KernelAnswersMode"/>'s values, in their order.</summary>
    private static readonly string[] s_kernelAnswers = ["off", "auto", "tcx", "clsact"];

    private readonly Option<IPAddress[]> _address = List("--address", "Local addresses, IPv4 and IPv6.", IpAddress);
    private readonly Option<string> _handover = new("--handover")
    {
        Description = "Unix socket for serve.",
        Required = true,
    };
    private readonly Option<IPEndPoint[]> _clusterDns = List("--cluster-dns", "Cluster DNS to relay to.", Server);
    private readonly Option<string?> _takeover = new("--takeover") { Description = "Unix socket for the next pod's guard." };
    private readonly Option<string?> _tap = new("--tap") { Description = "Unix socket for readers of relayed lookups (trace)." };
    private readonly Option<int> _dnsPort = Number("--dns-port", "Port of the sockets.", 53, 1, 65_535);
    private readonly Option<int[]> _allowPort =
        new("--allow-port") { Description = "Further ports at which the Corefile may listen.", CustomParser = Ports };
    private readonly Option<int> _workers =
        Number("--workers", "Sockets per address and protocol.", Environment.ProcessorCount, 1,
            HandoverHello.MaxWorkers);
    private readonly Option<IPAddress[]> _intercept =
        List("--intercept-cluster-dns", "ClusterIPs of cluster DNS to answer as well.", IpAddress);
    private readonly Option<string> _interface = new("--interface")
    {
        Description = "Link that carries the addresses; 'off' leaves link and addresses to others.",
        DefaultValueFactory = _ => "nodelocaldns",
    };
    private readonly Option<RulesMode> _rules = Choice("--rules", "No-conntrack rules.", RulesMode.Auto);
    private readonly Option<HostAcceptMode> _hostAccept =
        Choice("--host-accept", "ACCEPT rules in the host's chains.", HostAcceptMode.Auto);
    private readonly Option<string> _kernelAnswers = new("--kernel-answers")
    {
        Description = "Answer hot names at the pods' interfaces. One of off, auto, tcx, clsact.",
        DefaultValueFactory = _ => "off",
    };
    private readonly Option<ExitMode> _exitMode = Choice("--exit-mode", "What is left behind.", ExitMode.Auto);
    private readonly Option<IPEndPoint[]> _flipTo = List("--flip-to", "Endpoints of --exit-mode flip.", Server);
    private readonly Option<TimeSpan> _flipFor = Time("--flip-for", "How long a flip lasts.", "2m", "1s");
    private readonly Option<TimeSpan> _keepFor =
        Time("--keep-for", "An address no longer configured is relayed until nobody has asked it for so long.", "60m", "1s");
    private readonly Option<TimeSpan> _linger = Time("--linger", "How long a stopped guard waits for a successor.",
        "20s", "0");
    private readonly Option<string> _healthListen = Listen("--health-listen", "127.0.0.1:9255");
    private readonly Option<string> _metricsListen = Listen("--metrics-listen", "0.0.0.0:9254");
    private readonly Option<string> _probeName = new("--probe-name")
    {
        Description = "Name asked to prove that the cache resolves.",
        DefaultValueFactory = _ => "kubernetes.default.svc.cluster.local",
    };
    private readonly Option<TimeSpan> _probeInterval = Time("--probe-interval", "Between probes; 0 for never.", "5s",
        "0");
    private readonly Option<TimeSpan> _hangAfter = Time("--hang-after", "A queue standing still so long is a hang.",
        "250ms", "100ms");
    private readonly Option<TimeSpan> _checkInterval = Time("--check-interval", "Between checks of link and rules.",
        "10s", "1s");
    private readonly Option<int> _serveUid = Number("--serve-uid", "The uid that may take sockets.", 65_534, 0,
        int.MaxValue);
    private readonly Option<bool> _spawn = new("--spawn") { Description = "Start serve, with the arguments after --." };
    private readonly Option<int> _newestVersion =
        Number("--handover-max-version", "Newest protocol version.", HandoverVersion.Newest, HandoverVersion.Oldest,
            HandoverVersion.Newest);
    private readonly Argument<string[]> _serveArguments = new("serve arguments")
    {
        Description = "After --spawn --: the arguments of serve.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public void AddTo(Command command)
    {
        Expect(_interface, IsLinkName, "a link's name of 1 to 15 letters without '/', ':' and blanks, or off");
        Expect(_kernelAnswers, text => s_kernelAnswers.Contains(text), $"one of {string.Join(", ", s_kernelAnswers)}");
        Expect(_probeName, IsDomainName, "a domain name");
        _address.Required = true;
        _clusterDns.Required = true;
        Option[] options =
        [
            _address, _handover, _clusterDns, _takeover, _tap, _dnsPort, _allowPort, _keepFor, _workers, _intercept, _interface, _rules,
            _hostAccept, _kernelAnswers, _exitMode, _flipTo, _flipFor, _linger, _healthListen, _metricsListen, _probeName,
            _probeInterval, _hangAfter, _checkInterval, _serveUid, _spawn, _newestVersion,
        ];
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
        command.Arguments.Add(_serveArguments);
    }

    /// <summary>Builds the options. The parser has already refused values that are invalid by themselves.</summary>
    /// <returns>null when flags contradict each other; each such pair is a problem.</returns>
    public GuardOptions? Read(ParseResult result, out IReadOnlyList<string> problems)
    {
        var options = Read(result);
        var given = result.CommandResult.Children.OfType<OptionResult>().Where(option => !option.Implicit)
            .Select(option => option.Option.Name).ToHashSet();
        problems = GuardConflicts.Of(options, given.Contains, result.GetValue(_serveArguments) ?? []);
        return problems.Count == 0 ? options : null;
    }

    private GuardOptions Read(ParseResult result) => new()
    {
        Addresses = result.GetValue(_address)!,
        HandoverPath = result.GetValue(_handover)!,
        ClusterDns = result.GetValue(_clusterDns)!,
        TakeoverPath = result.GetValue(_takeover),
        TapPath = result.GetValue(_tap),
        DnsPort = result.GetValue(_dnsPort),
        AllowedPorts = result.GetValue(_allowPort) ?? [],
        KeepFor = result.GetValue(_keepFor),
        Workers = result.GetValue(_workers),
        Intercepted = result.GetValue(_intercept) ?? [],
        InterfaceName = result.GetValue(_interface) is var name && name == "off" ? null : name,
        Rules = result.GetValue(_rules),
        HostAccept = result.GetValue(_hostAccept),
        KernelAnswers = (KernelAnswersMode)Array.IndexOf(s_kernelAnswers, result.GetValue(_kernelAnswers)),
        ExitMode = result.GetValue(_exitMode),
        FlipTo = result.GetValue(_flipTo) ?? [],
        FlipFor = result.GetValue(_flipFor),
        Linger = result.GetValue(_linger),
        HealthListen = ListenPoint(result.GetValue(_healthListen)!),
        MetricsListen = ListenPoint(result.GetValue(_metricsListen)!),
        ProbeName = result.GetValue(_probeName)!,
        ProbeInterval = result.GetValue(_probeInterval),
        HangAfter = result.GetValue(_hangAfter),
        CheckInterval = result.GetValue(_checkInterval),
        ServeUserId = (uint)result.GetValue(_serveUid),
        Spawn = result.GetValue(_spawn)
            ? ["--handover", result.GetValue(_handover)!, .. result.GetValue(_serveArguments) ?? []]
            : null,
        NewestVersion = result.GetValue(_newestVersion),
    };

    private static IPEndPoint? ListenPoint(string text) =>
        ListenAddress.TryParse(text, out var listen) ? listen.ToEndPoint() : null;

    private static Option<string> Listen(string name, string otherwise)
    {
        var option = new Option<string>(name)
        {
            Description = "HOST:PORT, or off.",
            DefaultValueFactory = _ => otherwise,
        };
        option.Validators.Add(result =>
        {
            var text = result.GetValueOrDefault<string>() ?? "";
            if (text != "off" && !(ListenAddress.TryParse(text, out var listen) && listen.Port > 0))
            {
                result.AddError($"{name} {text}: expected IP:PORT, :PORT or off");
            }
        });
        return option;
    }

    private static Option<T[]> List<T>(string name, string description, Func<string, (T? Value, string Expected)> parse)
        where T : class => new(name)
        {
            Description = description,
            AllowMultipleArgumentsPerToken = false,
            CustomParser = result =>
            {
                var values = new List<T>();
                foreach (var text in result.Tokens.SelectMany(t => t.Value.Split(',')).Select(t => t.Trim()))
                {
                    var (value, expected) = parse(text);
                    if (value is null)
                    {
                        result.AddError($"{name} '{text}': expected {expected}");
                    }
                    else
                    {
                        values.Add(value);
                    }
                }
                return [.. values];
            },
        };

    private static void Expect(Option<string> option, Func<string, bool> isValid, string expected) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<string>() is var text && !isValid(text ?? ""))
        {
            result.AddError($"{option.Name} '{text}': expected {expected}");
        }
    });

    /// <summary>True when the kernel accepts the text as a link's name (dev_valid_name).</summary>
    private static bool IsLinkName(string text) => text.Length is > 0 and < 16 && text is not ("." or "..")
        && text.All(letter => letter is > ' ' and < (char)127 and not ('/' or ':'));

    /// <summary>True when the text is a valid domain name (RFC 1035 section 2.3.4): labels of 1 to 63 octets, and at
    /// most 255 octets with their lengths.</summary>
    private static bool IsDomainName(string text) => text.Length is > 0 and < 255 && text.All(char.IsAscii)
        && text.TrimEnd('.').Split('.').All(label => label.Length is > 0 and < 64);

    private static int[] Ports(ArgumentResult result)
    {
        var ports = new List<int>();
        foreach (var text in result.Tokens.SelectMany(t => t.Value.Split(',')).Select(t => t.Trim()))
        {
            if (int.TryParse(text, out var port) && port is > 0 and < 65_536)
            {
                ports.Add(port);
            }
            else
            {
                result.AddError($"--allow-port '{text}': expected port numbers separated by commas");
            }
        }
        return [.. ports];
    }

    private static (IPAddress?, string) IpAddress(string text) => (
        AddressText.TryAddress(text, out var address) && IsOfOneHost(address) ? address : null,
        "addresses of one host each, separated by commas");

    private static bool IsOfOneHost(IPAddress address) => !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
        && !address.Equals(IPAddress.Broadcast) && !address.IsIPv6Multicast
        && address.GetAddressBytes() is not [>= 224 and < 240, _, _, _];

    private static (IPEndPoint?, string) Server(string text) =>
        (GuardCommand.ParseServer(text), "IP or IP:port, separated by commas; link-local with an interface, fe80::53%eth0");

    private static Option<int> Number(string name, string description, int otherwise, int minimum, int maximum)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => otherwise };
        option.Validators.Add(result =>
        {
            if (result.Errors.Any())
            {
                return;
            }
            var value = result.GetValueOrDefault<int>();
            if (value < minimum || value > maximum)
            {
                result.AddError($"{name} {value}: expected a number from {minimum} to {maximum}");
            }
        });
        return option;
    }

    private static Option<TimeSpan> Time(string name, string description, string otherwise, string minimum) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => GuardCommand.ParseTime(otherwise)!.Value,
        CustomParser = result =>
        {
            var text = result.Tokens.Single().Value;
            if (GuardCommand.ParseTime(text) is { } time && time >= GuardCommand.ParseTime(minimum))
            {
                return time;
            }
            result.AddError($"{name} {text}: expected a time such as {otherwise}, at least {minimum}");
            return default;
        },
    };

    private static Option<T> Choice<T>(string name, string description, T otherwise)
        where T : struct, Enum => new(name)
        {
            Description = $"{description} One of {string.Join(", ", Names<T>())}.",
            DefaultValueFactory = _ => otherwise,
            CustomParser = result =>
            {
                var text = result.Tokens.Single().Value;
                var index = Array.IndexOf(Names<T>(), text);
                if (index >= 0)
                {
                    return Enum.GetValues<T>()[index];
                }
                result.AddError($"{name} {text}: expected one of {string.Join(", ", Names<T>())}");
                return default;
            },
        };

    private static string[] Names<T>()
        where T : struct, Enum =>
        [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())];
}

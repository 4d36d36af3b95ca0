using System.Net;
using NodeDns.Guard.Node;

namespace NodeDns.Guard;

/// <summary>Finds flags that are valid one by one but contradict each other. Every message names both flags, their
/// values, and what to do.</summary>
public static class GuardConflicts
{
    /// <summary>All contradictions, one line each; empty when there are none.</summary>
    /// <param name="isGiven">Tells whether a flag was given; otherwise its value is the default.</param>
    /// <param name="serveArguments">The arguments after <c>--</c>.</param>
    public static IReadOnlyList<string> Of(
        GuardOptions options, Func<string, bool> isGiven, IReadOnlyList<string> serveArguments) =>
    [
        .. Addresses(options),
        .. Exit(options, isGiven),
        .. Ports(options),
        .. Paths(options),
        .. Child(options, serveArguments),
        .. Counts(options),
    ];

    private static IEnumerable<string> Addresses(GuardOptions options)
    {
        foreach (var address in options.Addresses.Intersect(options.Intercepted))
        {
            yield return $"--address {address} and --intercept-cluster-dns {address}: one is nobody else's, the other is "
                + "kube-proxy's when the guard is gone: leave it out of one of them";
        }
        foreach (var server in options.ClusterDns.Where(server => IsServed(options, server)))
        {
            yield return options.Intercepted.Contains(server.Address)
                ? $"--cluster-dns {server} and --intercept-cluster-dns {server.Address}: the guard would relay to itself: give "
                    + "--cluster-dns another way to cluster DNS, such as a second Service"
                : $"--cluster-dns {server} and --address {server.Address}: the guard would relay to itself: give --cluster-dns "
                    + "cluster DNS's own address";
        }
        foreach (var server in options.FlipTo.Where(server => IsServed(options, server)))
        {
            var flag = options.Intercepted.Contains(server.Address) ? "--intercept-cluster-dns" : "--address";
            yield return $"--flip-to {server} and {flag} {server.Address}: a flip would send clients back to where nobody "
                + "answers: give --flip-to endpoints of cluster DNS";
        }
    }

    private static IEnumerable<string> Exit(GuardOptions options, Func<string, bool> isGiven)
    {
        if (options.ExitMode is ExitMode.Auto or ExitMode.Flip)
        {
            yield break;
        }
        var mode = $"--exit-mode {options.ExitMode.ToString().ToLowerInvariant()}";
        if (options.FlipTo.Count > 0)
        {
            yield return $"--flip-to {string.Join(',', options.FlipTo)} and {mode}, which sends nobody anywhere: choose "
                + "--exit-mode flip, or leave --flip-to out";
        }
        if (isGiven("--flip-for"))
        {
            yield return $"--flip-for {options.FlipFor.TotalSeconds}s and {mode}, which sends nobody anywhere: choose --exit-mode flip, "
                + "or leave --flip-for out";
        }
    }

    private static IEnumerable<string> Ports(GuardOptions options)
    {
        if (options.HealthListen is { } health && options.MetricsListen is { } metrics && health.Port == metrics.Port
            && !health.Equals(metrics) && (IsWildcard(health.Address) || IsWildcard(metrics.Address)))
        {
            yield return $"--health-listen {health} and --metrics-listen {metrics}: one port, which every address includes: give "
                + "both the same IP:PORT, or two ports";
        }
        foreach (var (flag, listen) in new[] { ("--health-listen", options.HealthListen), ("--metrics-listen", options.MetricsListen) })
        {
            if (listen is null || !(IsWildcard(listen.Address) || options.AllAddresses.Contains(listen.Address)))
            {
                continue;
            }
            if (listen.Port == options.DnsPort)
            {
                yield return $"{flag} {listen} and --dns-port {options.DnsPort}: DNS over TCP listens there: choose another port";
            }
            else if (options.AllowedPorts.Contains(listen.Port))
            {
                yield return $"{flag} {listen} and --allow-port {listen.Port}: the cache may listen there: choose another port";
            }
        }
    }

    private static IEnumerable<string> Paths(GuardOptions options)
    {
        if (options.TakeoverPath is { } takeover && Path.GetFullPath(takeover) == Path.GetFullPath(options.HandoverPath))
        {
            yield return $"--handover {options.HandoverPath} and --takeover {takeover}: one is for the cache, the other for the next "
                + "pod's guard: give two paths";
        }
    }

    private static IEnumerable<string> Child(GuardOptions options, IReadOnlyList<string> serveArguments)
    {
        if (options.Spawn is null)
        {
            if (serveArguments.Count > 0)
            {
                yield return $"'{string.Join(' ', serveArguments)}' is for serve, and --spawn is not given: add --spawn, or leave it out";
            }
            yield break;
        }
        if (ValueOf("--handover", serveArguments) is { } handover && handover != options.HandoverPath)
        {
            yield return $"--handover {options.HandoverPath} and '--handover {handover}' after --: the guard gives its child its own: "
                + "leave the second out";
        }
        if (ValueOf("--dns-port", serveArguments) is { } port && port != $"{options.DnsPort}")
        {
            yield return $"--dns-port {options.DnsPort} and '--dns-port {port}' after --: the child would ask for sockets that the guard "
                + "does not give: give both the same port";
        }
    }

    private static IEnumerable<string> Counts(GuardOptions options)
    {
        var sockets = 2 * options.AllAddresses.Count * options.Workers;
        if (sockets > Limits.Sockets)
        {
            yield return $"--workers {options.Workers} and --address {string.Join(',', options.AllAddresses)}: {sockets} sockets, of which "
                + $"a guard opens {Limits.Sockets}: give fewer of either";
        }
    }

    /// <summary>True when the endpoint is one of the guard's own sockets.</summary>
    private static bool IsServed(GuardOptions options, IPEndPoint server) => options.AllAddresses.Contains(server.Address)
        && (server.Port == options.DnsPort || options.AllowedPorts.Contains(server.Port));

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>The value of a flag that is written as "--flag value" or "--flag=value"; null when it is not
    /// there.</summary>
    private static string? ValueOf(string flag, IReadOnlyList<string> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] == flag)
            {
                return i + 1 < words.Count ? words[i + 1] : "";
            }
            if (words[i].StartsWith(flag + "=", StringComparison.Ordinal))
            {
                return words[i][(flag.Length + 1)..];
            }
        }
        return null;
    }
}

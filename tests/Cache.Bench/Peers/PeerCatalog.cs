using NodeDns.Bench.Lab;

namespace NodeDns.Bench.Peers;

/// <summary>Every server the benchmark knows. Each is as its package makes it but for what a forwarder on a node needs:
/// one thread, no DNSSEC validation, no logging of queries, no root privileges dropped to users that may not exist.</summary>
internal static class PeerCatalog
{
    /// <param name="earlier">Another build of the cache to measure beside this one, or null.</param>
    public static IReadOnlyList<Peer> All(string cache, string coredns, string tools, string? earlier) =>
    [
        NodeLocal(Peer.Ours, "node-dns-cache (this project)", cache, 0, file => ["serve", "--conf", file]),
        new(Peer.Floor, "C floor with a cache", Path.Combine(tools, "responder"), "recvmmsg(32), hash, copy, patch; makes up misses")
        {
            Port = PortOf(1), Arguments = _ => ["cache", $"{PortOf(1)}"], IsFloor = true,
        },
        new(Peer.Echo, "C floor, echo", Path.Combine(tools, "responder"), "recvmmsg(32), QR set, sent back")
        {
            Port = PortOf(2), Arguments = _ => ["echo", $"{PortOf(2)}"], IsFloor = true, Records = 0,
        },
        NodeLocal(Peer.NodeCache, "node-cache (CoreDNS 1.14.4)", coredns, 3, file => ["-conf", file]),
        Unbound(4),
        Dnsdist(5),
        Recursor(6),
        KnotResolver(7),
        Bind(8),
        Dnsmasq(9),
        .. earlier is null ? [] : new[] { NodeLocal("earlier", "node-dns-cache (BASE)", earlier, 10, file => ["serve", "--conf", file]) },
    ];

    /// <summary>The real CoreDNS that answers the misses over TCP: any name below cluster.local.</summary>
    public static Peer ClusterDns(string coredns) => new("cluster-dns", "cluster DNS", coredns, "template plugin")
    {
        Port = Ports.ClusterDns,
        Arguments = folder => ["-conf", $"{folder}/Corefile"],
        Files = { ["Corefile"] = NodeLocalCorefile.ClusterDns(Ports.ClusterDns) },
    };

    private static int PortOf(int index) => Ports.FirstPeer + index;

    private static Peer NodeLocal(string key, string title, string program, int index, Func<string, string[]> arguments)
    {
        var metrics = 9301 + index;
        return new Peer(key, title, program, "the node-local Corefile, success TTL cap 3600 s")
        {
            Port = PortOf(index),
            Arguments = folder => arguments($"{folder}/Corefile"),
            Files =
            {
                ["Corefile"] = NodeLocalCorefile.Text(PortOf(index), metrics, 9401 + index),
                ["Corefile.many"] = NodeLocalCorefile.Text(PortOf(index), metrics, 9401 + index, everyName: true),
                ["Corefile.all"] = NodeLocalCorefile.Text(PortOf(index), metrics, 9401 + index, allFeatures: true),
            },
            ForcesTcp = true,
            MetricsPort = metrics,
        };
    }

    private static Peer Unbound(int index) => new(Peer.Unbound, "unbound", Tool.Find("unbound"), "iterator only, forward-tcp-upstream")
    {
        Port = PortOf(index),
        Arguments = folder => ["-d", "-c", $"{folder}/unbound.conf"],
        ForcesTcp = true,
        Files =
        {
            ["unbound.conf"] = $"""
                server:
                    interface: 127.0.0.1@{PortOf(index)}
                    num-threads: 1
                    module-config: "iterator"
                    username: ""
                    chroot: ""
                    directory: ""
                    pidfile: ""
                    use-syslog: no
                    do-not-query-localhost: no
                    access-control: 127.0.0.0/8 allow
                    verbosity: 0
                    incoming-num-tcp: 1000
                remote-control:
                    control-enable: no
                forward-zone:
                    name: "cluster.local."
                    forward-addr: 127.0.0.1@{Ports.ClusterDns}
                    forward-tcp-upstream: yes
                forward-zone:
                    name: "hole.example."
                    forward-addr: 127.0.0.1@{Ports.Hole}
                forward-zone:
                    name: "."
                    forward-addr: 127.0.0.1@{Ports.Stub}
                """,
        },
    };

    private static Peer Dnsdist(int index) => new(Peer.Dnsdist, "dnsdist", Tool.Find("dnsdist"), "packet cache of 100,000, tcpOnly")
    {
        Port = PortOf(index),
        Arguments = folder => ["--supervised", "--disable-syslog", "-C", $"{folder}/dnsdist.conf"],
        ForcesTcp = true,
        Files =
        {
            ["dnsdist.conf"] = $$"""
                setSecurityPollSuffix("")
                setLocal("127.0.0.1:{{PortOf(index)}}")
                newServer({address="127.0.0.1:{{Ports.ClusterDns}}", pool="cluster", tcpOnly=true, checkName="check.cluster.local."}):setUp()
                newServer({address="127.0.0.1:{{Ports.Stub}}", checkName="check.bench.example."}):setUp()
                getPool("cluster"):setCache(newPacketCache(100000))
                getPool(""):setCache(newPacketCache(100000))
                addAction("cluster.local.", PoolAction("cluster"))
                """,
        },
    };

    private static Peer Recursor(int index) => new("pdns-recursor", "PowerDNS Recursor", Tool.Find("pdns_recursor"), "forward-zones-recurse, one thread")
    {
        Port = PortOf(index),
        Arguments = folder => [$"--config-dir={folder}"],
        Files =
        {
            ["recursor.conf"] = $"""
                local-address=127.0.0.1
                local-port={PortOf(index)}
                threads=1
                pdns-distributes-queries=no
                forward-zones-recurse=cluster.local=127.0.0.1:{Ports.ClusterDns},.=127.0.0.1:{Ports.Stub}
                dont-query=
                dnssec=off
                security-poll-suffix=
                socket-dir=.
                quiet=yes
                loglevel=3
                disable-syslog=yes
                """,
        },
    };

    private static Peer KnotResolver(int index) => new("knot-resolver", "Knot Resolver", Tool.Find("kresd"), "policy.FORWARD with the TCP flag")
    {
        Port = PortOf(index),
        Arguments = folder => ["-n", "-c", $"{folder}/kresd.conf", folder],
        ForcesTcp = true,
        Files =
        {
            ["kresd.conf"] = $$"""
                net.listen('127.0.0.1', {{PortOf(index)}}, { kind = 'dns' })
                log_level('crit')
                cache.size = 64 * MB
                trust_anchors.remove('.')
                modules.unload('ta_update')
                modules.unload('ta_signal_query')
                modules.unload('priming')
                local cluster = policy.todnames({'cluster.local'})
                policy.add(policy.suffix(policy.FLAGS({'TCP'}), cluster))
                policy.add(policy.suffix(policy.FORWARD({'127.0.0.1@{{Ports.ClusterDns}}'}), cluster))
                policy.add(policy.all(policy.FORWARD({'127.0.0.1@{{Ports.Stub}}'})))
                """,
        },
    };

    private static Peer Bind(int index) => new("bind9", "BIND 9", Tool.Find("named"), "forward only, no validation")
    {
        Port = PortOf(index),
        Arguments = folder => ["-g", "-n", "1", "-c", $"{folder}/named.conf"],
        Files =
        {
            ["named.conf"] = $$"""
                options {
                    directory ".";
                    pid-file none;
                    session-keyfile none;
                    listen-on port {{PortOf(index)}} { 127.0.0.1; };
                    listen-on-v6 { none; };
                    recursion yes;
                    dnssec-validation no;
                    empty-zones-enable no;
                    forward only;
                    forwarders { 127.0.0.1 port {{Ports.Stub}}; };
                };
                controls { };
                logging { category default { null; }; };
                zone "cluster.local" { type forward; forward only; forwarders { 127.0.0.1 port {{Ports.ClusterDns}}; }; };
                """,
        },
    };

    private static Peer Dnsmasq(int index) => new("dnsmasq", "dnsmasq", Tool.Find("dnsmasq"), "cache-size 10000")
    {
        Port = PortOf(index),
        Arguments = _ =>
        [
            "-k", "--conf-file=/dev/null", "--pid-file=", "--user=root", "--no-resolv", "--no-hosts", "--bind-interfaces",
            "--listen-address=127.0.0.1", $"--port={PortOf(index)}", "--cache-size=10000", "--dns-forward-max=1000",
            $"--server=/cluster.local/127.0.0.1#{Ports.ClusterDns}", $"--server=127.0.0.1#{Ports.Stub}",
        ],
    };
}

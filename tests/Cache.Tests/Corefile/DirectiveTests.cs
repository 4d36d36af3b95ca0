using NodeDns.Corefile;
using NodeDns.Go;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

/// <summary>The directives of few words: snippet to value, snippet to the exact error.</summary>
public sealed class DirectiveTests
{
    [Theory]
    [InlineData("acl {\nallow net 10.0.0.1 192.0.2.0/24\n}", "Allow types:any nets:10.0.0.1/32,192.0.2.0/24")]
    [InlineData("acl {\nBLOCK TYPE A AAAA NET *\n}", "Block types:1,28 nets:any")]
    [InlineData("acl {\nfilter type * net 2001:db8::1\n}", "Filter types:any nets:2001:db8::1/128")]
    [InlineData("acl {\ndrop\n}", "Drop types:any nets:any")]
    public void Acl(string directives, string expected)
    {
        var policy = Assert.Single(Assert.Single(Corefiles.Block(directives).Acl!.Rules).Policies);
        var types = policy.Qtypes.IsEmpty ? "any" : string.Join(',', policy.Qtypes);
        var networks = policy.Networks.IsEmpty ? "any" : string.Join(',', policy.Networks);
        Assert.Equal(expected, $"{policy.Action} types:{types} nets:{networks}");
    }

    [Fact]
    public void Acl_rules_have_their_own_zones() => Assert.Equal(["a.example.", "."],
        Corefiles.Block("acl a.example {\ndrop\n}\nacl {\nallow\n}").Acl!.Rules.Select(rule => rule.Zones[0]));

    [Theory]
    [InlineData("bind 127.0.0.1", "127.0.0.1")]
    [InlineData("bind 127.0.0.1 ::1", "127.0.0.1 ::1")]
    [InlineData("bind 127.0.0.1\nbind 127.0.0.2", "127.0.0.1 127.0.0.2")]
    [InlineData("bind 127.0.0.1 127.0.0.2 {\nexcept 127.0.0.2\n}", "127.0.0.1")]
    [InlineData("bind lo 127.0.0.1", "127.0.0.1 and interfaces")]
    [InlineData("bind 127.0.0.1 {\nexcept eth0.100\n}", "127.0.0.1 and interfaces")]
    public void Bind(string directives, string expected)
    {
        var bind = Corefiles.Block(directives).Bind!;
        Assert.Equal(expected, string.Join(' ', bind.Addresses) + (bind.HasInterfaces ? " and interfaces" : ""));
    }

    [Fact]
    public void Bind_knows_the_interfaces_where_it_is_told()
    {
        var options = Corefiles.Options with { HasInterface = name => name == "lo" };
        Corefiles.Good(". {\nbind lo\n}", options);
        Assert.Equal("2: bind: eth99: expected an address or the name of an interface",
            Corefiles.Text(Corefiles.Load(". {\nbind lo eth99\n}", options).Errors));
    }

    [Theory]
    [InlineData("bufsize", 1232)]
    [InlineData("bufsize 512", 512)]
    [InlineData("bufsize 4096", 4096)]
    [InlineData("bufsize 600\nbufsize 700", 600)]
    public void Bufsize(string directives, int expected) => Assert.Equal(expected, Corefiles.Block(directives).Bufsize!.Bytes);

    [Theory]
    [InlineData("cancel", 5001)]
    [InlineData("cancel 500ms", 500)]
    public void Cancel(string directives, int expected) =>
        Assert.Equal(expected, Corefiles.Block(directives).Cancel!.Timeout.TotalMilliseconds);

    [Theory]
    [InlineData("dns64", "64:ff9b::/96 False False")]
    [InlineData("dns64 2001:db8::/32", "2001:db8::/32 False False")]
    [InlineData("dns64 {\nprefix 2001:db8:1:2::/64\ntranslate_all\nallow_ipv4\n}", "2001:db8:1:2::/64 True True")]
    public void Dns64(string directives, string expected)
    {
        var dns64 = Corefiles.Block(directives).Dns64!;
        Assert.Equal(expected, $"{dns64.Prefix} {dns64.TranslateAll} {dns64.AllowIpv4}");
    }

    [Theory]
    [InlineData("errors", "")]
    [InlineData("errors stdout {\nstacktrace\n}", "stacktrace")]
    [InlineData("errors {\nconsolidate 5m \".* timeout$\" warning show_first\nconsolidate 10s x\n}",
        "5m .* timeout$ Warning True; 10s x Error False")]
    public void Errors(string directives, string expected)
    {
        var errors = Corefiles.Block(directives).Errors!;
        Assert.Equal(expected, (errors.Stacktrace ? "stacktrace" : "") + string.Join("; ", errors.Consolidate
            .Select(c => $"{GoDuration.Format(c.Period)} {c.Pattern} {c.Level} {c.ShowFirst}")));
    }

    [Theory]
    [InlineData("health", ":8080 0s")]
    [InlineData("health 127.0.0.1:8081", "127.0.0.1:8081 0s")]
    [InlineData("health localhost:0 {\nlameduck 5s\n}", "127.0.0.1:0 5s")]
    [InlineData("health [::1]:8081", "[::1]:8081 0s")]
    public void Health(string directives, string expected)
    {
        var health = Corefiles.Block(directives).Health!;
        Assert.Equal(expected, $"{health.Address} {GoDuration.Format(health.Lameduck)}");
    }

    [Fact]
    public void Hosts()
    {
        var hosts = Corefiles.Block("hosts /etc/resolv.conf example.org {\n10.0.0.1 a.example.org A\n10.0.0.2 b.example.org\n"
            + "no_reverse\nttl 60\nreload 0s\nfallthrough a.example.org\nfallthrough_unsupported\n}").Hosts!;
        Assert.Equal(("/etc/resolv.conf", "example.org.", 60, 0, false, true), (hosts.Path, hosts.Zones[0], hosts.TtlSeconds,
            hosts.Reload.TotalSeconds, hosts.Reverse, hosts.FallthroughUnsupported));
        Assert.Equal(["10.0.0.1 a.example.org.", "10.0.0.2 b.example.org."],
            hosts.Inline.Select(entry => $"{entry.Address} {string.Join(' ', entry.Names)}"));
        Assert.Equal(["a.example.org."], hosts.Fallthrough);
    }

    [Fact]
    public void Hosts_defaults()
    {
        var hosts = Corefiles.Block("hosts").Hosts!;
        Assert.Equal(("/etc/hosts", ".", 3600, 5, true), (hosts.Path, hosts.Zones[0], hosts.TtlSeconds,
            hosts.Reload.TotalSeconds, hosts.Reverse));
    }

    [Theory]
    [InlineData("loadbalance", "")]
    [InlineData("loadbalance round_robin", "")]
    [InlineData("loadbalance {\nprefer 10.0.0.0/8 2001:db8::/32\n}", "10.0.0.0/8,2001:db8::/32")]
    public void Loadbalance(string directives, string expected) =>
        Assert.Equal(expected, string.Join(',', Corefiles.Block(directives).Loadbalance!.Prefer));

    [Theory]
    [InlineData("loadbalance weighted /weights", "/weights 30s")]
    [InlineData("loadbalance weighted /weights {\nreload 5m\n}", "/weights 5m")]
    public void Loadbalance_weighted(string directives, string expected)
    {
        var balance = Corefiles.Block(directives).Loadbalance!;
        Assert.Equal(expected, $"{balance.WeightFile} {GoDuration.Format(balance.Reload)}");
        Assert.Contains("the file cannot be read yet", Corefiles.Warnings(directives));
    }

    [Theory]
    [InlineData("local", true)]
    [InlineData("local {\nlocalhost_prefix off\n}", false)]
    public void Local(string directives, bool expected) =>
        Assert.Equal(expected, Corefiles.Block(directives).Local!.LocalhostPrefix);

    [Theory]
    [InlineData("log", ". All {remote}:{port} - {>id} \"{type} {class} {name} {proto} {size} {>do} {>bufsize}\" {rcode} "
        + "{>rflags} {rsize} {duration}")]
    [InlineData("log example.org {\nclass denial error\n}", "example.org. Denial, Error …")]
    [InlineData("log a b \"{name}\"", "a. All {name}|b. All {name}")]
    [InlineData("log . \"x {combined}\"", ". All x {remote}:{port} - {>id} \"{type} {class} {name} {proto} {size} {>do} "
        + "{>bufsize}\" {rcode} {>rflags} {rsize} {duration} \"{>opcode}\"")]
    [InlineData("log a {\nclass success\n}\nlog b", "a. Success …|b. All …")]
    public void Log(string directives, string expected)
    {
        var rules = Corefiles.Block(directives).Log!.Rules.Select(rule => $"{rule.Zone} {rule.Classes} "
            + (rule.Format == LogConfig.CommonFormat && expected.EndsWith('…') ? "…" : rule.Format));
        Assert.Equal(expected, string.Join('|', rules));
    }

    [Fact]
    public void Loop_asks_within_the_blocks_first_zone() => Assert.Equal("b.example.",
        Corefiles.Good("b.example a.example {\nloop\n}").Blocks[0].Loop!.Zone);

    [Theory]
    [InlineData("prometheus", "127.0.0.1:9153 False")]
    [InlineData("prometheus :9253 {\nruntime_metrics\n}", ":9253 True")]
    public void Prometheus(string directives, string expected)
    {
        var prometheus = Corefiles.Block(directives).Prometheus!;
        Assert.Equal(expected, $"{prometheus.Address} {prometheus.RuntimeMetrics}");
    }

    [Theory]
    [InlineData("ready", ":8181 False")]
    [InlineData("ready localhost:1 {\nmonitor continuously\n}", "127.0.0.1:1 True")]
    [InlineData("ready {\nmonitor until-ready\n}", ":8181 False")]
    public void Ready(string directives, string expected)
    {
        var ready = Corefiles.Block(directives).Ready!;
        Assert.Equal(expected, $"{ready.Address} {ready.Continuously}");
    }

    [Theory]
    [InlineData("reload", "30s 15s")]
    [InlineData("reload 10s", "10s 5s")]
    [InlineData("reload 10s 2s", "10s 2s")]
    [InlineData("reload 2s 0s", "2s 0s")]
    [InlineData("reload 1m 40s", "1m 30s")]
    public void Reload(string directives, string expected)
    {
        var reload = Corefiles.Block(directives).Reload!;
        Assert.Equal(expected, $"{GoDuration.Format(reload.Interval)} {GoDuration.Format(reload.Jitter)}");
    }

    [Fact]
    public void Timeouts()
    {
        var timeouts = Corefiles.Block("timeouts {\nread 1s\nwrite 20\nidle 24h\nmaxtcpqueries 128\n}").Timeouts!;
        Assert.Equal((1, 20, 86400, 128), (timeouts.Read!.Value.TotalSeconds, timeouts.Write!.Value.TotalSeconds,
            timeouts.Idle!.Value.TotalSeconds, timeouts.MaxTcpQueries));
        Assert.Null(Corefiles.Block("timeouts {\nmaxtcpqueries -1\n}").Timeouts!.MaxTcpQueries);
    }

    [Fact]
    public void Words_alone()
    {
        var block = Corefiles.Block("any\ndebug\nminimal\nwhoami");
        Assert.True(block is { Any: not null, Debug: not null, Minimal: not null, Whoami: not null });
    }

    [Theory]
    [InlineData("pprof localhost:6053 {\nblock 1\n}", "2: pprof: localhost:6053: does nothing here: use dotnet-counters, or "
        + "EventPipe (dotnet-trace, dotnet-gcdump)")]
    [InlineData("trace", "2: trace: (nothing): does nothing here: use EventPipe (dotnet-trace), or the metrics through an "
        + "OpenTelemetry collector")]
    [InlineData("bufsize 600\nbufsize", "3: bufsize: (nothing): has no effect: the one at 2 holds")]
    [InlineData("hosts /missing", "2: hosts: /missing: the file cannot be read yet: no such file")]
    [InlineData("hosts {\nnonsense\n}", "3: hosts: nonsense: left out: not an address and names within the zones")]
    [InlineData("log \"{name}\"", "2: log: {name}: taken for a name, as CoreDNS does; write a name before the format, such as "
        + "\".\"")]
    public void Warned(string directives, string expected) => Assert.Equal(expected, Corefiles.Warnings(directives));

    [Theory]
    [InlineData("acl {\npermit\n}", "3: acl: permit: expected allow, block, filter or drop, then type TYPES... and net "
        + "NETWORKS...")]
    [InlineData("acl {\nallow from 10.0.0.1\n}", "3: acl: allow from 10.0.0.1: expected allow, block, filter or drop, then "
        + "type TYPES... and net NETWORKS...")]
    [InlineData("acl {\nallow net\n}", "3: acl: allow net: expected allow, block, filter or drop, then type TYPES... and net "
        + "NETWORKS...")]
    [InlineData("acl {\nallow type Z\n}", "3: acl: Z: expected a record type such as A, AAAA or ANY, or *")]
    [InlineData("acl {\nallow net 10.0.0.0/33\n}", "3: acl: 10.0.0.0/33: expected an address or a network such as 10.0.0.0/8, "
        + "or *")]
    [InlineData("any x", "2: any: x: expected nothing after it")]
    [InlineData("any {\nx\n}", "3: any: x: expected no options in braces")]
    [InlineData("bind", "2: bind: (nothing): expected at least one address or interface")]
    [InlineData("bind 10.0.0.300", "2: bind: 10.0.0.300: expected an address or the name of an interface")]
    [InlineData("bind <nil>", "2: bind: <nil>: expected an address or the name of an interface")]
    [InlineData("bind lo {\nbut lo\n}", "3: bind: but lo: expected one of except")]
    [InlineData("bind lo {\nexcept\n}", "3: bind: except: expected at least one address or interface")]
    [InlineData("bufsize 511", "2: bufsize: 511: expected a size in bytes, 512 to 4096")]
    [InlineData("bufsize 4097", "2: bufsize: 4097: expected a size in bytes, 512 to 4096")]
    [InlineData("bufsize 1 2", "2: bufsize: 1 2: expected one size")]
    [InlineData("cancel 0s", "2: cancel: 0s: expected a timeout above zero as a duration such as 500ms, 10s or 1h, 0.0001ms "
        + "or more")]
    [InlineData("dns64 64:ff9b::/97", "2: dns64: 64:ff9b::/97: expected an IPv6 prefix of 32, 40, 48, 56, 64, 72, 80, 88 or "
        + "96 bits, such as 64:ff9b::/96")]
    [InlineData("dns64 10.0.0.0/32", "2: dns64: 10.0.0.0/32: expected an IPv6 prefix of 32, 40, 48, 56, 64, 72, 80, 88 or 96 "
        + "bits, such as 64:ff9b::/96")]
    [InlineData("dns64 {\nx\n}", "3: dns64: x: expected one of prefix, translate_all, allow_ipv4")]
    [InlineData("errors stderr", "2: errors: stderr: expected nothing or stdout")]
    [InlineData("errors\nerrors", "3: errors: (nothing): expected once in a block, and it is at 2 already")]
    [InlineData("errors {\nconsolidate 1m\n}", "3: errors: consolidate 1m: expected DURATION REGEX "
        + "[warning|error|info|debug] [show_first]")]
    [InlineData("errors {\nconsolidate 1m (\n}", "3: errors: consolidate 1m (: expected a regular expression in RE2 syntax")]
    [InlineData("errors {\nconsolidate 1m x show_first error\n}", "3: errors: consolidate 1m x show_first error: expected "
        + "DURATION REGEX [warning|error|info|debug] [show_first]")]
    [InlineData("health 8080", "2: health: 8080: expected host:port or :port, where host is an address or localhost")]
    [InlineData("health {\nlameduck\n}", "3: health: lameduck: expected one duration")]
    [InlineData("health {\nlameduck -1s\n}", "3: health: lameduck -1s: expected a pause as a duration such as 500ms, 10s or "
        + "1h, 0s or more")]
    [InlineData("hosts {\nttl 0\n}", "3: hosts: ttl 0: expected a TTL in seconds, 1 to 65535")]
    [InlineData("hosts {\nreload often\n}", "3: hosts: reload often: expected an interval as a duration such as 500ms, 10s or "
        + "1h, 0s or more")]
    [InlineData("hosts {\nfallthrough\n10.0.0.1 a\n}", "4: hosts: 10.0.0.1 a: expected entries before fallthrough, or one of "
        + "ttl, reload, no_reverse, fallthrough")]
    [InlineData("hosts {\nfallthrough_unsupported\n}", "2: hosts: (nothing): expected fallthrough where "
        + "fallthrough_unsupported is")]
    [InlineData("loadbalance best", "2: loadbalance: best: expected nothing, round_robin, or weighted and a weight file")]
    [InlineData("loadbalance weighted", "2: loadbalance: weighted: expected one weight file after weighted")]
    [InlineData("loadbalance weighted /weights {\nprefer 10.0.0.0/8\n}",
        "3: loadbalance: prefer 10.0.0.0/8: expected one of reload")]
    [InlineData("loadbalance weighted /weights {\nreload 0s\n}",
        "2: loadbalance: weighted /weights: expected a readable file: no such file")]
    [InlineData("loadbalance weighted /etc/resolv.conf",
        "2: loadbalance: weighted /etc/resolv.conf: expected a weight file: line 1: expected a domain name before search")]
    [InlineData("loadbalance {\nprefer 10.0.0.1\n}", "3: loadbalance: 10.0.0.1: expected a network such as 10.0.0.0/8")]
    [InlineData("local x", "2: local: x: expected nothing after it")]
    [InlineData("local {\nlocalhost_prefix maybe\n}", "3: local: localhost_prefix maybe: expected on or off")]
    [InlineData("log {\nclass\n}", "3: log: class: expected success, denial, error or all")]
    [InlineData("log {\nclass x\n}", "3: log: class x: expected success, denial, error or all")]
    [InlineData("loop x", "2: loop: x: expected nothing after it")]
    [InlineData("loop\nloop", "3: loop: (nothing): expected once in a block, and it is at 2 already")]
    [InlineData("pprof x", "2: pprof: x: expected host:port or :port, where host is an address or localhost")]
    [InlineData("prometheus a b", "2: prometheus: a b: expected one address")]
    [InlineData("prometheus {\ntls x\n}", "3: prometheus: tls x: expected a readable web configuration file: no such file")]
    [InlineData("ready {\nmonitor sometimes\n}", "3: ready: monitor sometimes: expected until-ready or continuously")]
    [InlineData("reload 1s", "2: reload: 1s: expected an interval as a duration such as 500ms, 10s or 1h, 2s or more")]
    [InlineData("reload 10s 500ms", "2: reload: 10s 500ms: expected a jitter as a duration, 0s or 1s or more")]
    [InlineData("reload 1 2 3", "2: reload: 1 2 3: expected [INTERVAL] [JITTER]")]
    [InlineData("timeouts", "2: timeouts: (nothing): expected at least one of read, write, idle, maxtcpqueries in braces")]
    [InlineData("timeouts {\nread 500ms\n}", "3: timeouts: read 500ms: expected seconds or a duration, 1s to 24h")]
    [InlineData("timeouts {\nidle 25h\n}", "3: timeouts: idle 25h: expected seconds or a duration, 1s to 24h")]
    [InlineData("timeouts {\nmaxtcpqueries 0\n}", "3: timeouts: maxtcpqueries 0: expected -1 for no limit, or a number of "
        + "questions, 1 or more")]
    [InlineData("dnstap", "2: dnstap: (nothing): expected the path of a collector's socket, unix:///PATH or tcp://HOST:PORT, "
        + "then [full] [WRITEBUFFER] [QUEUE]")]
    [InlineData("dnstap tls://192.0.2.1:6000", "2: dnstap: tls://192.0.2.1:6000: expected the path of a collector's socket, "
        + "unix:///PATH or tcp://HOST:PORT: TLS is not supported, give the socket of a collector on the node, which may speak it")]
    [InlineData("dnstap tcp://192.0.2.1", "2: dnstap: tcp://192.0.2.1: expected the path of a collector's socket, "
        + "unix:///PATH or tcp://HOST:PORT")]
    [InlineData("dnstap listen /a.sock", "2: dnstap: listen: expected the path of a collector's socket, "
        + "unix:///PATH or tcp://HOST:PORT: collectors cannot connect to this server")]
    [InlineData("dnstap /a.sock full 0", "2: dnstap: /a.sock full 0: expected the write buffer in MiB, 1 to 1024")]
    [InlineData("dnstap /a.sock full 1 5000", "2: dnstap: /a.sock full 1 5000: expected the queue in units of 10000 messages, 1 to 4096")]
    [InlineData("dnstap /a.sock {\nidentity\n}", "3: dnstap: identity: expected one text")]
    [InlineData("dnstap /a.sock {\ntls a b\n}", "3: dnstap: tls a b: expected one of identity, version, extra, skipverify")]
    [InlineData("trace a b c", "2: trace: a b c: expected [zipkin|datadog] [ENDPOINT]")]
    [InlineData("trace jaeger x", "2: trace: jaeger x: expected zipkin or datadog before the endpoint")]
    [InlineData("whoami x", "2: whoami: x: expected nothing after it")]
    public void Rejected(string directives, string expected) => Assert.Equal(expected, Corefiles.Errors(directives));

    private const string Pem = "-----BEGIN X-----\n";

    [Fact]
    public void Prometheus_tls_names_files_beside_its_own()
    {
        const string Web = "tls_server_config:\n  cert_file: a.pem\n  key_file: b.pem\n  client_ca_file: /w/c.pem\n"
            + "  client_auth_type: RequireAndVerifyClientCert\n";
        var files = new TestFiles(("/w/web.yml", Web), ("/w/a.pem", Pem), ("/w/b.pem", Pem), ("/w/c.pem", Pem));
        Assert.Equal(
            new WebTlsConfig("/w/a.pem", "/w/b.pem", "/w/c.pem"),
            Corefiles.Good(". {\nprometheus {\ntls /w/web.yml\n}\n}", Corefiles.Options with { Files = files })
                .Blocks[0].Prometheus!.Tls);
    }

    [Theory]
    [InlineData("rewrite edns0 local set 0xffee {some/label}",
        "2: rewrite: edns0 local set 0xffee {some/label}: has no effect: nothing here makes metadata")]
    [InlineData("dnstap /a.sock half", "2: dnstap: half: has no effect: only full has a meaning there")]
    [InlineData("dnstap /a.sock full 1 17", "2: dnstap: 17: more than a node's cache has memory for: 16 MiB may wait")]
    [InlineData("dnstap /a.sock {\nskipverify\n}", "3: dnstap: skipverify: has no effect: the connection has no TLS")]
    [InlineData("bufsize 1232 {\nx\n}", "3: bufsize: x: has no effect: this directive has no options")]
    [InlineData("cancel 1s {\nx y\n}", "3: cancel: x y: has no effect: this directive has no options")]
    [InlineData("hosts {\nttl 60 70\n}", "3: hosts: ttl 60 70: what follows has no effect: expected one TTL in seconds")]
    [InlineData("hosts {\nno_reverse x\n}", "3: hosts: no_reverse x: what follows has no effect: expected nothing after it")]
    public void What_CoreDNS_passes_over_is_a_warning(string directives, string expected)
    {
        Assert.Equal("", Corefiles.Errors(directives));
        Assert.Equal(expected, Corefiles.Warnings(directives));
    }

    [Fact]
    public void Numbers_beyond_ours_are_as_large_as_ours_are()
    {
        Assert.Equal(int.MaxValue, Corefiles.Block("cache {\nsuccess 4294967296\n}").Cache!.SuccessCapacity);
        Assert.Equal(TimeSpan.FromTicks(1), Corefiles.Block("cancel 1ns").Cancel!.Timeout);
    }

    [Theory]
    [InlineData("every -1", "every -1: expected a number, 0 or more")]
    [InlineData("client_server yes", "client_server yes: expected true or false")]
    [InlineData("datadog_analytics_rate 1.5", "datadog_analytics_rate 1.5: expected a rate, 0 to 1")]
    [InlineData("zipkin_max_batch_size ten", "zipkin_max_batch_size ten: expected a number")]
    [InlineData("zipkin_max_batch_interval 5", "zipkin_max_batch_interval 5: expected a duration such as 10s")]
    [InlineData("service", "service: expected one name")]
    public void Trace_is_read_though_it_does_nothing(string option, string expected) =>
        Assert.Equal($"3: trace: {expected}", Corefiles.Errors($"trace {{\n{option}\n}}"));

    [Theory]
    [InlineData("kubernetes", "forward to the cluster's own DNS, which runs this directive")]
    [InlineData("autopath", "no directive: pods' search lists are set by the webhook (nodedns.io/ndots)")]
    [InlineData("file", "hosts or template")]
    [InlineData("etcd", "forward to the cluster's own DNS, which runs this directive")]
    [InlineData("route53", "forward to the cluster's own DNS, which runs this directive")]
    [InlineData("dnssec", "forward to the cluster's own DNS, which runs this directive")]
    [InlineData("header", "no directive: replies carry the flags the RFCs ask for")]
    [InlineData("chaos", "template CH TXT")]
    [InlineData("view", "acl, or blocks with different bind addresses")]
    [InlineData("multisocket", "no directive: every core has its own socket")]
    [InlineData("tls", "a zone without tls://; for upstreams, tls within forward")]
    [InlineData("nsid", "rewrite edns0 nsid")]
    public void A_directive_of_coredns_we_lack_names_the_nearest_thing(string directive, string nearest) => Assert.Equal(
        $"2: {directive}: x: expected a directive this server has; nearest to it: {nearest}",
        Corefiles.Errors($"{directive} x"));

    [Fact]
    public void A_misspelt_directive_gets_a_suggestion_and_a_strange_one_the_list()
    {
        Assert.Equal("2: foward: . x: expected a directive; did you mean forward?", Corefiles.Errors("foward . x"));
        Assert.StartsWith("2: nonsense: (nothing): expected one of acl, any, bind,", Corefiles.Errors("nonsense"),
            StringComparison.Ordinal);
    }
}

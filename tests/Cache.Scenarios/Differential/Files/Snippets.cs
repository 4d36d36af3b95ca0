namespace NodeDns.Cache.Scenarios.Differential.Files;

/// <summary>The lines of one server block, which CoreDNS and we are both asked to read.</summary>
/// <param name="Directive">The first word.</param>
/// <param name="Text">The lines.</param>
/// <param name="Zones">What stands before the block; null: a name of its own.</param>
internal sealed record Snippet(string Directive, string Text, string? Zones = null)
{
    /// <summary>Braces stand where they belong, so that a reader who takes it goes on behind its end.</summary>
    public bool IsRegular
    {
        get
        {
            if (Zones is not null)
            {
                return false;
            }
            var open = 0;
            foreach (var words in Text.Split('\n').Select(line => line.Split(' ')))
            {
                var braces = words.Count(word => word is "{" or "}");
                if (braces > 1 || (braces == 1 && words is not ([_, .., "{"] or ["}"])))
                {
                    return false;
                }
                open += words[^1] == "{" ? 1 : words is ["}"] ? -1 : 0;
            }
            return open == 0;
        }
    }

    /// <summary>The block, as the n-th of a file.</summary>
    public string Block(int n) => $"{Zones ?? $"z{n}.test:5398"} {{\n{Text}\n}}\n";

    public override string ToString() => (Zones is null ? "" : $"{Zones}: ") + Text.Replace("\n", " ⏎ ", StringComparison.Ordinal);
}

/// <summary>The snippets: each form of each directive, and in each place of a form every value that may stand
/// there.</summary>
internal static class Snippets
{
    /// <summary>What may stand for a <c>{kind}</c> in a form. The first is good.</summary>
    private static readonly Dictionary<string, string[]> s_values = new()
    {
        ["number"] = ["30", "0", "1", "-1", "+5", "007", "65535", "65536", "4294967296", "99999999999999999999", "1.5",
            "0x10", "1_000", "1e3", "ten", "30s", "\"\""],
        ["duration"] = ["10s", "0s", "0", "1ns", "500ms", "1h30m", "1.5h", "100h", "-1s", "+1s", "5", "1d", "10 s", "abc",
            "\"\"", "1us", "6m", "301s"],
        ["zone"] = ["example.org", "example.org.", ".", "Example.ORG", "10.0.0.0/8", "10.0.0.0/9", "2001:db8::/32",
            "in-addr.arpa", "*.example.org", "a..b", "example.org:53", "dns://example.org", "tls://example.org", "https3://example.org", "10.0.0.1",
            "_tcp.example.org",
            "this-label-is-longer-than-the-sixty-three-octets-that-a-label-may-have.org"],
        ["address"] = ["10.0.0.1", "127.0.0.1", "::1", "[::1]", "10.0.0.1:53", "10.0.0", "10.0.0.256", "010.0.0.1",
            "fe80::1%lo", "localhost", "no-such-interface-here", "0.0.0.0", "::", "::ffff:10.0.0.1", "*"],
        ["upstream"] = ["10.0.0.1", "10.0.0.1:5353", "[2001:db8::1]:53", "2001:db8::1", "dns://10.0.0.1", "tls://10.0.0.1",
            "tls://10.0.0.1%dns.example", "tls://10.0.0.1:8853", "https://10.0.0.1", "https://10.0.0.1/dns-query",
            "https://dns.example/dns-query", "grpc://10.0.0.1", "quic://10.0.0.1", "unix:///tmp/dns.sock",
            "10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1:dns", "10.0.0.256", "no such", "/etc/resolv.conf",
            "/nonexistent/resolv.conf", "10.0.0.1%eth0", "fe80::1%eth0", "[fe80::1%eth0]:53", "10.0.0.1/32", ":53"],
        ["listen"] = ["localhost:9153", ":9153", "127.0.0.1:9153", "[::1]:9153", "0.0.0.0:0", "9153", "localhost",
            "localhost:http", "example.org:9153", "localhost:65536", "localhost:-1", "::1:9153", "http://localhost:9153"],
        ["network"] = ["10.0.0.0/8", "10.1.2.3/8", "10.0.0.1", "2001:db8::/32", "2001:db8::1", "10.0.0.0/33", "10.0.0/8",
            "*", "10.0.0.0/", "example.org", "0.0.0.0/0"],
        ["prefix"] = ["64:ff9b::/96", "2001:db8::/32", "2001:db8::/40", "2001:db8::/44", "2001:db8::/104", "2001:db8::/24",
            "10.0.0.0/8", "64:ff9b::", "abc"],
        ["regex"] = [".*", "^a[.]b$", "(", "[a", "a{2,1}", "(?P<n>x)", "(?<n>x)", "(?=x)", "\\1", "(?i)x", "a{1001}", "\\p{Greek}",
            "\\x{10FFFF}", "(?:a|b)*?", "[[:alpha:]]", "\\Qa.b\\E", "a**", "\"\""],
        ["class"] = ["IN", "ANY", "CH", "HS", "in", "CLASS1", "1", "NONE", "XX"],
        ["type"] = ["A", "AAAA", "ANY", "HTTPS", "SVCB", "TYPE65", "a", "PTR", "NXNAME", "CAA", "URI", "XX", "*", "65"],
        ["rcode"] = ["NXDOMAIN", "NOERROR", "SERVFAIL", "REFUSED", "NOTIMP", "FORMERR", "BADVERS", "BADSIG", "YXDOMAIN",
            "nxdomain", "3", "XX", "NXRRSET", "BADCOOKIE"],
        ["word"] = ["word", "\"two words\"", "#comment", "\"\"", "a{b", "é"],
        ["path"] = ["/nonexistent/file", "/etc/hosts", "/etc", "relative", "\"\""],
        ["level"] = ["error", "warning", "info", "debug", "fatal", "ERROR"],
        ["switch"] = ["on", "off", "true", "yes", ""],
        ["logclass"] = ["success", "denial", "error", "all", "Success", "none", "success denial"],
        ["answer"] = ["\"{{ .Name }} 60 IN A 10.0.0.1\"", "\"{{ if eq .Type `A` }}x{{ else }}y{{ end }}\"",
            "\"{{ if .Name }}x{{ else if .Zone }}y{{ end }}\"", "\"{{ range .Match }}{{ . }}{{ end }}\"",
            "\"{{ range $i, $m := .Match }}{{ $i }}{{ end }}\"", "\"{{ with .Group.a }}{{ . }}{{ else }}z{{ end }}\"",
            "\"{{ $x := .Name }}{{ $x }}\"", "\"{{ $ }}\"", "\"{{ .Name | printf `%s` }}\"",
            "\"{{ index .Match 0 }}\"", "\"{{ len .Match }}\"", "\"{{ and .Name .Zone | not }}\"",
            "\"{{ or (eq 1 2) (lt 1 2) }}\"", "\"{{ slice .Name 1 2 }}\"",
            "\"{{ html .Name }}{{ js .Name }}{{ urlquery .Name }}\"", "\"{{ print 1 2 `a` }}\"", "\"{{ println }}\"",
            "\"{{ call .Name }}\"", "\"{{ parseInt .Group.a 16 8 }}\"", "\"{{ .Message.Id }}\"",
            "\"{{ .Message.RecursionDesired }}\"", "\"{{ .Question.Qtype }}\"", "\"{{ .Meta `x` }}\"",
            "\"{{ .Regex }}\"", "\"{{ .Remote }}\"", "\"{{ .Nothing }}\"", "\"{{\"", "\"{{ }}\"", "\"{{ end }}\"",
            "\"{{ if }}x{{ end }}\"", "\"{{ if .Name }}x\"", "\"{{ else }}\"", "\"{{ notAFunction }}\"",
            "\"{{ .Name .Zone }}\"", "\"{{ $undefined }}\"", "\"{{ define `x` }}y{{ end }}{{ template `x` }}\"",
            "\"{{ block `x` . }}y{{ end }}\"", "\"{{ template `missing` }}\"", "\"{{ break }}\"",
            "\"{{ range .Match }}{{ break }}{{ end }}\"", "\"{{ range .Match }}{{ continue }}{{ end }}\"",
            "\"{{ range 3 }}{{ . }}{{ end }}\"", "\"{{/* comment */}}x\"", "\"{{- .Name -}}\"", "\"{{ 'a' }}\"",
            "\"{{ 0x1F }}\"", "\"{{ 1.5 }}\"", "\"{{ 1i }}\"", "\"{{ true }}{{ nil }}\"", "\"{{ true }}\"",
            "\"{{ (.Name) }}\"", "\"{{ ( .Name }}\"", "\"{{ .Name | }}\"", "\"{{ 1 | 2 }}\"", "\"{{ \\\"a\\\" }}\"",
            "\"{{ .Group.1 }}\"", "\"}}\"", "\"\"", "\"{{ .name-x }}\"", "\"{{ with $x := .Name }}{{ $x }}{{ end }}\"",
            "\"{{ if not .Name }}{{ end }}\"", "\"{{ eq .Name `a` `b` }}\"", "\"{{ printf }}\"", "\"{{ lt 1 }}\"",
            "\"{{ $x = 1 }}\"", "\"{{ $x := 1 }}{{ $x = 2 }}\"",
            "\"{{ define `answer` }}a{{ end }}\"", "\"{{ define `answer` }}a{{ end }}b\"",
            "\"{{ define `x` }}a{{ end }}{{ define `x` }}b{{ end }}\"", "\"{{ define `x` }}a{{ end }}{{ define `x` }} {{ end }}\"",
            "\"{{ if 1 }}{{ define `x` }}{{ end }}{{ end }}\"", "\"{{ define x }}{{ end }}\"", "\"{{ template x }}\"",
            "\"{{ template }}\"", "\"{{ block `x` }}{{ end }}\"", "\"{{ block `x` . }}a{{ else }}{{ end }}\"",
            "\"{{ define `x` }}{{ $y }}{{ end }}\"", "\"{{ range .Match }}{{ block `x` . }}{{ break }}{{ end }}{{ end }}\"",
            "\"{{ define `x` }}\"", "\"{{ if 1 }}{{ $y := 1 }}{{ else }}{{ $y }}{{ end }}\"", "\"{{ .Name | . }}\"",
            "\"{{ .Name | nil }}\"", "\"{{ nil }}\"", "\"{{ nil | len }}\"", "\"{{ call }}\"", "\"{{ .Meta }}\"", "\"{{ 1+2i }}\"",
            "\"{{ 1+2 }}\"", "\"{{ 1e400 }}\"", "\"{{ 08 }}\"", "\"{{ 08.5 }}\"", "\"{{ 0x1.8 }}\"", "\"{{ 0x1.8p1 }}\"",
            "\"{{ 99999999999999999999 }}\"", "\"{{ 18446744073709551615 }}\"", "\"{{ -9223372036854775809 }}\"", "\"{{ 1_0 }}\"",
            "\"{{ '' }}\"", "\"{{ 'ab' }}\"", "\"{{ '\\377' }}\"", "\"{{ '\\400' }}\"", "\"{{ `a` `b` }}\"", "\"{{ (((1))) }}\"",
            "\"{{ with .Name }}a{{ else with .Zone }}b{{ end }}\"", "\"{{ while .Name }}{{ end }}\"", "\"{{ else if .Name }}\""],
        ["code"] = ["15", "0", "65535", "65536", "-1", "abc"],
        ["option"] = ["0xfff0", "0xffee", "65001", "65536", "-1", "abc", "0x10000", "1"],
        ["percent"] = ["10%", "90%", "9%", "91%", "50", "%", "5.5%", "abc%", "\"\""],
        ["policy"] = ["random", "round_robin", "sequential", "least", "Random"],
    };

    /// <summary>A block's lines, with <c>{kind}</c> where values go.</summary>
    private static readonly string[] s_forms =
    [
        "acl", "acl {zone}", "acl {\nallow\n}", "acl {\nblock type {type}\n}", "acl {\nfilter net {network}\n}",
        "acl {\ndrop type {type} net {network}\n}", "acl {\nBLOCK TYPE A NET *\n}", "acl {\nblock type net *\n}",
        "acl {\nblock {word}\n}", "acl {\nrefuse\n}", "acl {\nblock type A AAAA net 10.0.0.0/8 192.168.0.0/16\n}",
        "any", "any {word}", "any {\n{word}\n}", "bind {address}", "bind", "bind 127.0.0.1 {address}",
        "bind lo {\nexcept {address}\n}", "bind lo {\nexcept\n}", "bind lo {\nother\n}",
        "bind 127.0.0.1\nbind 127.0.0.2", "bufsize", "bufsize {number}", "bufsize 512", "bufsize 4096", "bufsize 4097",
        "bufsize 511", "bufsize 1232 1232", "bufsize 1232 {\nx\n}", "bufsize 1232\nbufsize 4096", "cache",
        "cache {number}", "cache {zone}", "cache {number} {zone}", "cache {\nsuccess {number}\n}",
        "cache {\nsuccess\n}", "cache {\nsuccess 5000 {number}\n}", "cache {\nsuccess 5000 3600 {number}\n}",
        "cache {\nsuccess 5000 60 5 7\n}", "cache {\ndenial {number}\n}", "cache {\ndenial\n}",
        "cache {\ndenial 5000 {number}\n}", "cache {\ndenial 5000 3600 {number}\n}", "cache {\nprefetch\n}",
        "cache {\nprefetch {number}\n}", "cache {\nprefetch 5 {duration}\n}", "cache {\nprefetch 5 1m {percent}\n}",
        "cache {\nprefetch 5 1m 10% x\n}", "cache {\nserve_stale\n}", "cache {\nserve_stale {duration}\n}",
        "cache {\nserve_stale 1h immediate\n}", "cache {\nserve_stale 1h VERIFY\n}",
        "cache {\nserve_stale 1h {word}\n}", "cache {\nserve_stale 1h verify {duration}\n}",
        "cache {\nserve_stale 1h immediate {duration}\n}", "cache {\nserve_stale 1h verify 1s 30s\n}",
        "cache {\nservfail\n}", "cache {\nservfail {duration}\n}", "cache {\nservfail 1s 2s\n}", "cache {\ndisable\n}",
        "cache {\ndisable success\n}", "cache {\ndisable denial {zone}\n}", "cache {\ndisable other\n}",
        "cache {\nkeepttl\n}", "cache {\nkeepttl x\n}", "cache {\nother\n}", "cache\ncache",
        "cache { success 9984 30 }", "cache {\n}", "cache {}", "cache 30 {", "cache\n{\n}", "cancel",
        "cancel {duration}", "cancel 1s 2s", "cancel {\nx\n}", "cancel\ncancel 1s", "debug", "debug x",
        "debug {\nx\n}", "debug\ndebug", "dns64", "dns64 {prefix}", "dns64 64:ff9b::/96 x",
        "dns64 {\nprefix {prefix}\n}", "dns64 {\nprefix\n}", "dns64 {\ntranslate_all\n}", "dns64 {\nallow_ipv4\n}",
        "dns64 {\nother\n}", "dns64 {\nprefix 64:ff9b::/96 x\n}", "dns64 {\ntranslate_all x\n}",
        "dns64\ndns64 64:ff9b::/96", "dns64 64:ff9b::/96 {\nallow_ipv4\n}", "errors", "errors stdout", "errors {word}",
        "errors stdout x", "errors {\nstacktrace\n}", "errors {\nstacktrace x\n}",
        "errors {\nconsolidate {duration} x\n}", "errors {\nconsolidate 5m {regex}\n}", "errors {\nconsolidate 5m\n}",
        "errors {\nconsolidate 5m x {level}\n}", "errors {\nconsolidate 5m x warning show_first\n}",
        "errors {\nconsolidate 5m x show_first\n}", "errors {\nconsolidate 5m x show_first error\n}",
        "errors {\nconsolidate 5m x info error\n}", "errors {\nconsolidate 5m x info show_first y\n}",
        "errors {\nother\n}", "errors\nerrors", "forward . {upstream}", "forward {zone} 10.0.0.1", "forward .",
        "forward", "forward . 10.0.0.1 {upstream}", "forward . 10.0.0.1 10.0.0.1", "forward . tls://10.0.0.1 10.0.0.2",
        "forward . 10.0.0.1 {\nexcept {zone}\n}", "forward . 10.0.0.1 {\nexcept\n}",
        "forward . 10.0.0.1 {\nforce_tcp\n}", "forward . 10.0.0.1 {\nforce_tcp x\n}",
        "forward . 10.0.0.1 {\nprefer_udp\n}", "forward . 10.0.0.1 {\nprefer_udp x\n}",
        "forward . 10.0.0.1 {\nforce_tcp\nprefer_udp\n}", "forward . 10.0.0.1 {\nexpire {duration}\n}",
        "forward . 10.0.0.1 {\nexpire\n}", "forward . 10.0.0.1 {\nmax_age {duration}\n}",
        "forward . 10.0.0.1 {\nmax_age\n}", "forward . 10.0.0.1 {\nexpire 20s\nmax_age 10s\n}",
        "forward . 10.0.0.1 {\nexpire 5s\nmax_age 10s\n}", "forward . 10.0.0.1 {\nmax_idle_conns {number}\n}",
        "forward . 10.0.0.1 {\nmax_fails {number}\n}", "forward . 10.0.0.1 {\nmax_fails\n}",
        "forward . 10.0.0.1 {\nmax_connect_attempts {number}\n}", "forward . 10.0.0.1 {\nmax_concurrent {number}\n}",
        "forward . 10.0.0.1 {\nmax_concurrent\n}", "forward . 10.0.0.1 {\npolicy {policy}\n}",
        "forward . 10.0.0.1 {\npolicy\n}", "forward . 10.0.0.1 {\nhealth_check {duration}\n}",
        "forward . 10.0.0.1 {\nhealth_check\n}", "forward . 10.0.0.1 {\nhealth_check 1s no_rec\n}",
        "forward . 10.0.0.1 {\nhealth_check 1s domain {zone}\n}", "forward . 10.0.0.1 {\nhealth_check 1s domain\n}",
        "forward . 10.0.0.1 {\nhealth_check 1s other\n}",
        "forward . 10.0.0.1 {\nhealth_check 1s no_rec domain example.org\n}",
        "forward . 10.0.0.1 {\nread_timeout {duration}\n}", "forward . tls://10.0.0.1 {\ntls\n}",
        "forward . tls://10.0.0.1 {\ntls {path}\n}", "forward . tls://10.0.0.1 {\ntls {path} {path}\n}",
        "forward . tls://10.0.0.1 {\ntls a b c d\n}", "forward . tls://10.0.0.1 {\ntls_servername {zone}\n}",
        "forward . tls://10.0.0.1 {\ntls_servername\n}", "forward . 10.0.0.1 {\ntls_servername dns.example\n}",
        "forward . 10.0.0.1 {\nnext {rcode}\n}", "forward . 10.0.0.1 {\nnext\n}",
        "forward . 10.0.0.1 {\nnext NXDOMAIN SERVFAIL\n}", "forward . 10.0.0.1 {\nfailover {rcode}\n}",
        "forward . 10.0.0.1 {\nfailover\n}", "forward . 10.0.0.1 {\nfailfast_all_unhealthy_upstreams\n}",
        "forward . 10.0.0.1 {\nfailfast_all_unhealthy_upstreams x\n}", "forward . 10.0.0.1 {\nresolver {upstream}\n}",
        "forward . 10.0.0.1 {\nresolver\n}", "forward . 10.0.0.1 {\nsource_address 127.0.0.1\n}",
        "forward . https://10.0.0.1 {\ndoh_method POST\n}", "forward . 10.0.0.1 {\nother\n}",
        "forward . 10.0.0.1\nforward example.org 10.0.0.2", "forward . 10.0.0.1\nforward . 10.0.0.2",
        "forward . {\n10.0.0.1\n}", "health", "health {listen}", "health :8080 x", "health {\nlameduck {duration}\n}",
        "health {\nlameduck\n}", "health {\nother\n}", "health\nhealth", "hosts", "hosts {path}",
        "hosts /etc/hosts {zone}", "hosts {\nttl {number}\n}", "hosts {\nttl\n}", "hosts {\nttl 1 2\n}",
        "hosts {\nreload {duration}\n}", "hosts {\nreload\n}", "hosts {\nno_reverse\n}", "hosts {\nno_reverse x\n}",
        "hosts {\nfallthrough {zone}\n}", "hosts {\nfallthrough\n}", "hosts {\n{address} a.example\n}",
        "hosts {\n10.0.0.1\n}", "hosts {\n10.0.0.1 {zone}\n}", "hosts {\nother\n}",
        "hosts {\nfallthrough\n10.0.0.1 a.example\n}", "hosts\nhosts",
        "hosts {\nfallthrough\nfallthrough_unsupported\n}", "loadbalance", "loadbalance round_robin",
        "loadbalance random", "loadbalance round_robin x", "loadbalance {\nprefer {network}\n}",
        "loadbalance {\nprefer\n}", "loadbalance {\nreload 10s\n}", "loadbalance weighted",
        "loadbalance weighted {path}", "loadbalance weighted /nonexistent {\nreload {duration}\n}",
        "loadbalance weighted /nonexistent {\nreload\n}", "loadbalance weighted /nonexistent {\nprefer 10.0.0.0/8\n}",
        "loadbalance weighted a b", "loadbalance\nloadbalance round_robin", "local", "local x", "local {\nx\n}",
        "local {\nlocalhost_prefix {switch}\n}", "local\nlocal", "log", "log {zone}", "log . \"{remote} {type}\"",
        "log . {common}", "log . {combined}", "log . {word}", "log . {common} {combined}", "log . {nothing}",
        "log {\nclass {logclass}\n}", "log {\nclass\n}", "log {\nother\n}", "log example.org {common} x", "log\nlog",
        "log a b c", "log {\nclass success\nclass error\n}", "loop", "loop x", "loop {\nx\n}", "loop\nloop", "minimal",
        "minimal x", "minimal {\nx\n}", "minimal\nminimal", "pprof", "pprof {listen}", "pprof :6060 x",
        "pprof {\nblock\n}", "pprof {\nblock {number}\n}", "pprof {\nblock 1 2\n}", "pprof {\nother\n}",
        "pprof\npprof", "prometheus", "prometheus {listen}", "prometheus :9153 x", "prometheus {\nruntime_metrics\n}",
        "prometheus {\nruntime_metrics x\n}", "prometheus {\ntls {path}\n}", "prometheus {\ntls\n}",
        "prometheus {\nother\n}", "prometheus\nprometheus", "ready", "ready {listen}", "ready :8181 x",
        "ready {\nmonitor until-ready\n}", "ready {\nmonitor continuously\n}", "ready {\nmonitor {word}\n}",
        "ready {\nmonitor\n}", "ready {\nother\n}", "ready\nready", "reload", "reload {duration}",
        "reload 30s {duration}", "reload 30s 15s x", "reload off", "reload {\nx\n}", "reload\nreload", "reload 2s",
        "reload 1s", "reload 2s 1s", "reload 2s 2s", "rewrite", "rewrite name {zone} b.example",
        "rewrite name a.example {zone}", "rewrite a.example b.example", "rewrite name a",
        "rewrite name exact a.example b.example", "rewrite name prefix a {word}", "rewrite name suffix .a .b",
        "rewrite name suffix a.example. b.example.", "rewrite name substring a b", "rewrite name regex {regex} b",
        "rewrite name regex (.*)[.]a {1}.b", "rewrite name regex (.*)[.]a {2}.b",
        "rewrite name regex a b answer name (.*) {1}", "rewrite name regex a b answer name {regex} x",
        "rewrite name regex a b answer auto", "rewrite name exact a b answer auto",
        "rewrite name suffix a b answer auto", "rewrite name prefix a b answer auto",
        "rewrite name substring a b answer auto", "rewrite name suffix a b answer value (.*) {1}",
        "rewrite name regex a b answer value {regex} x", "rewrite name regex a b answer name x y answer value z w",
        "rewrite name a b answer", "rewrite name exact a b answer name x", "rewrite name exact a b answer other x y",
        "rewrite name other a b", "rewrite name exact a b c", "rewrite stop name a b", "rewrite continue name a b",
        "rewrite other name a b", "rewrite stop", "rewrite continue", "rewrite {\nname regex a b\nanswer name b a\n}",
        "rewrite {\nname a b\n}", "rewrite stop {\nname regex a b\nanswer name b a\n}",
        "rewrite continue {\nttl regex a 5\n}", "rewrite type {type} AAAA", "rewrite type A {type}", "rewrite type A",
        "rewrite type A AAAA x", "rewrite class {class} IN", "rewrite class CH {class}", "rewrite class IN",
        "rewrite ttl {zone} 5", "rewrite ttl a.example {number}", "rewrite ttl exact a.example 5-10",
        "rewrite ttl prefix a -10", "rewrite ttl suffix a 5-", "rewrite ttl substring a 10-5",
        "rewrite ttl regex {regex} 5", "rewrite ttl a", "rewrite ttl exact a 5 x",
        "rewrite rcode {zone} SERVFAIL NXDOMAIN", "rewrite rcode a.example {rcode} NXDOMAIN",
        "rewrite rcode a.example SERVFAIL {rcode}", "rewrite rcode regex {regex} SERVFAIL NOERROR",
        "rewrite rcode prefix a SERVFAIL NOERROR", "rewrite rcode suffix a SERVFAIL NOERROR",
        "rewrite rcode substring a SERVFAIL NOERROR", "rewrite rcode exact a SERVFAIL NOERROR x",
        "rewrite rcode a SERVFAIL", "rewrite cname exact {zone} b.example", "rewrite cname prefix a b",
        "rewrite cname suffix a b", "rewrite cname substring a b", "rewrite cname regex {regex} b",
        "rewrite cname a b", "rewrite cname exact a", "rewrite edns0 local set {option} {option}",
        "rewrite edns0 local append 0xffee abc", "rewrite edns0 local replace 0xffee 0x1234",
        "rewrite edns0 local unset 0xffee", "rewrite edns0 local set 0xffee {qname}",
        "rewrite edns0 local set 0xffee {client_ip}", "rewrite edns0 local set 0xffee {some/metadata}",
        "rewrite edns0 local set 0xffee {other}", "rewrite edns0 local set 0xffee 0x123",
        "rewrite edns0 local set 0xffee 0xzz", "rewrite edns0 local set 0xffee",
        "rewrite edns0 local set 0xffee abc revert", "rewrite edns0 local other 0xffee abc", "rewrite edns0 nsid set",
        "rewrite edns0 nsid append", "rewrite edns0 nsid replace", "rewrite edns0 nsid unset",
        "rewrite edns0 nsid other", "rewrite edns0 nsid set revert", "rewrite edns0 nsid set x",
        "rewrite edns0 subnet set {number} 56", "rewrite edns0 subnet set 24 {number}",
        "rewrite edns0 subnet set 24 56 revert", "rewrite edns0 subnet append 24 56",
        "rewrite edns0 subnet replace 24 56", "rewrite edns0 subnet unset", "rewrite edns0 subnet set 24",
        "rewrite edns0 other set", "rewrite edns0", "rewrite other x y", "template", "template {class} A",
        "template IN {type}", "template IN A {zone}", "template IN", "template IN A {\nmatch {regex}\n}",
        "template IN A {\nmatch\n}", "template IN A {\nanswer {answer}\n}", "template IN A {\nanswer\n}",
        "template IN A {\nauthority \"{{ .Zone }} 60 IN SOA a. b. (1 60 60 60 60)\"\n}",
        "template IN A {\nadditional \"x. 60 IN A 10.0.0.1\"\n}", "template IN A {\nauthority\n}",
        "template IN A {\nadditional\n}", "template IN A {\nrcode {rcode}\n}", "template IN A {\nrcode\n}",
        "template IN A {\nrcode NXDOMAIN x\n}", "template IN A {\nederror {code}\n}",
        "template IN A {\nederror 15 {word}\n}", "template IN A {\nederror\n}", "template IN A {\nederror 1 2 3\n}",
        "template IN A {\nfallthrough {zone}\n}", "template IN A {\nfallthrough\n}", "template IN A {\nupstream\n}",
        "template IN A {\nupstream /etc/resolv.conf\n}", "template IN A {\nother\n}", "template IN A {\nvar x = 1\n}",
        "template IN A\ntemplate IN AAAA", "timeouts", "timeouts x", "timeouts {\n}", "timeouts {\nread {duration}\n}",
        "timeouts {\nwrite {duration}\n}", "timeouts {\nidle {duration}\n}", "timeouts {\nread\n}",
        "timeouts {\nread 1s 2s\n}", "timeouts {\nother 1s\n}", "timeouts {\nmaxtcpqueries 10\n}",
        "timeouts {\nread 1s\n}\ntimeouts {\nidle 1s\n}", "trace", "trace {word}", "trace zipkin localhost:9411",
        "trace datadog localhost:8126", "trace other x", "trace zipkin a b", "trace {\nevery {number}\n}",
        "trace {\nservice {word}\n}", "trace {\nclient_server {switch}\n}", "trace {\ndatadog_analytics_rate 0.5\n}",
        "trace {\nzipkin_max_backlog_size {number}\n}", "trace {\nzipkin_max_batch_size {number}\n}",
        "trace {\nzipkin_max_batch_interval {duration}\n}", "trace {\nother\n}", "trace\ntrace", "whoami", "whoami x",
        "whoami {\nx\n}", "whoami\nwhoami",
    ];

    /// <summary>Before a block.</summary>
    private static readonly string[] s_zones =
    [
        "example.org", "example.org.", "example.org:1053", ".", ".:1053", "Example.ORG", "a..b", "10.0.0.0/24", "10.0.0.0/23",
        "10.0.0.0/9", "10.0.0.0/33", "2001:db8::/32", "2001:db8::/33", "10.0.0.0/24:1053", "dns://example.org", "dns://.:1053",
        "tls://example.org", "https://example.org", "https3://example.org", "grpc://example.org", "quic://example.org",
        "unix://example.org", "unix:///run/dns.sock", "tls://.:1053", "tls://10.0.0.0/23", "grpc://example.org:1053", "tls://example.org:",
        "tls://a..b", "tls://example.org tls://example.org", "tls://example.org example.org:853", "grpc://a.org grpc://a.org:443",
        "https://a.org grpc://a.org", "TLS://example.org", "tls://", "tls://tls://example.org", "example.org:dns", "example.org:65536", "example.org:0", "example.org:-1", "example.org example.org",
        "example.org Example.ORG.", "a.org, b.org", "a.org,b.org", "a.org,", "a.org:53 a.org:54", "*.example.org",
        "_tcp.example.org", "xn--nxasmq6b", "é.example", "\"a b\"", "1.2.3.4", "::1", "[::1]:53", ":53", "53", "example.org/foo",
        "://x", "-a.org", "a_b.org", "{$NOT_SET_ANYWHERE}.org",
        "this-label-is-longer-than-the-sixty-three-octets-that-a-label-may-have.org",
    ];

    /// <summary>Every form with every value in one place and the first value in the others.</summary>
    public static List<Snippet> All()
    {
        var texts = new List<string>();
        foreach (var form in s_forms)
        {
            var places = PlacesOf(form);
            texts.Add(Filled(form, places, varied: -1, ""));
            for (var i = 0; i < places.Count; i++)
            {
                texts.AddRange(s_values[places[i].Kind].Select(value => Filled(form, places, i, value)));
            }
        }
        return
        [
            .. texts.Distinct().Select(text => new Snippet(text.Split(' ', '\n')[0], text)),
            .. s_zones.Select(zones => new Snippet("zones", "whoami", zones)),
        ];
    }

    private static List<(int At, string Kind)> PlacesOf(string form)
    {
        var places = new List<(int, string)>();
        for (var at = form.IndexOf('{'); at >= 0; at = form.IndexOf('{', at + 1))
        {
            var end = form.IndexOf('}', at);
            if (end > 0 && s_values.ContainsKey(form[(at + 1)..end]))
            {
                places.Add((at, form[(at + 1)..end]));
            }
        }
        return places;
    }

    private static string Filled(string form, List<(int At, string Kind)> places, int varied, string value)
    {
        for (var i = places.Count - 1; i >= 0; i--)
        {
            var (at, kind) = places[i];
            form = form[..at] + (i == varied ? value : s_values[kind][0]) + form[(at + kind.Length + 2)..];
        }
        return form;
    }
}

namespace NodeDns.Webhook.Options;

/// <summary>One option: <c>--name</c> on the command line, or <c>NODEDNS_NAME</c> in the environment.</summary>
internal sealed record OptionSpec(string Name, string Default, string Meaning)
{
    public string Variable => "NODEDNS_" + Name.ToUpperInvariant().Replace('-', '_');
}

/// <summary>All options, in the order of <c>--help</c> and docs/webhook/options.md.</summary>
internal static class OptionTable
{
    public static readonly OptionSpec[] All =
    [
        new("listen", ":8443",
            "HOST:PORT of the admission endpoint, POST /mutate over TLS; no host means every address, "
            + "port 0 any free port"),
        new("metrics-listen", ":8080", "HOST:PORT of /healthz, /readyz and /metrics, plain HTTP"),
        new("tls-cert", "", "PEM file: the certificate, then its intermediates; required"),
        new("tls-key", "", "PEM file: the private key of that certificate; required"),
        new("tls-poll-seconds", "10", "how often both files are read again, 1 to 3600"),
        new("local-address", "169.254.20.10",
            "addresses of the node cache, at most 2, written first; none changes only searches and options"),
        new("cluster-dns", "auto", "cluster DNS addresses, at most 2; auto reads them from --resolv-conf"),
        new("cluster-domain", "auto",
            "cluster domain; auto reads it from --resolv-conf, none means the cluster has none"),
        new("host-searches", "auto",
            "the nodes' own search domains; auto reads them from --resolv-conf, none means no such domains"),
        new("fallback", "cluster-dns",
            "cluster-dns keeps cluster DNS as further nameservers, none writes the local address alone"),
        new("resolv-conf", "/etc/resolv.conf", "the webhook's own resolv.conf, which kubelet wrote"),
        new("options", "",
            "resolver options for every pod, name[:value],…; they come after ndots:5 and before namespace and pod"),
        new("allowed-options", "all known names", "resolver options that annotations may set"),
        new("max-searches", "32", "search domains the API server accepts: 32, or 6 before Kubernetes 1.26"),
        new("max-search-chars", "2048",
            "characters of the search line it accepts: 2048, or 256 before Kubernetes 1.26"),
        new("allow-underscore-searches", "false", "true from Kubernetes 1.34, where search domains may contain _"),
        new("mode", "optIn",
            "optIn: pods that ask by their own label or their namespace's; optOut: all but those that say no; "
            + "a namespace's label is checked here with --namespace-settings, else by the configuration's selectors "
            + "alone"),
        new("excluded-namespaces", "kube-system,kube-public,kube-node-lease",
            "namespaces whose pods are never changed"),
        new("compat-label", "true", "also understand the pod label node-local-dns-injection (ACK, CCE)"),
        new("percent", "100",
            "share of workloads injected, 0 to 100, decided by workload: all revisions and runs of one are in or out together"),
        new("percent-seed-label", "",
            "pod label whose value decides instead of the owner, so that several workloads move together"),
        new("inject-host-network", "true", "inject hostNetwork pods whose dnsPolicy is ClusterFirstWithHostNet"),
        new("ignore-skip-rules", "", "skip rules to switch off: fargate, virtual-node, bypasses-host, dns-server"),
        new("namespace-settings", "false",
            "read nodedns.io/ annotations and labels of namespaces; needs list and watch on namespaces"),
        new("probe", "true",
            "ask the local address whether the cache answers; without an answer only pods with a fallback "
            + "are injected"),
        new("probe-port", "53", "port the probe asks"),
        new("probe-name", "kubernetes.default.svc. and the domain",
            "name the probe asks for; NOERROR and NXDOMAIN both count as an answer"),
        new("probe-seconds", "5", "seconds between probes, 1 to 3600"),
        new("probe-timeout-ms", "1000", "how long a probe waits for its answer, 10 to 60000"),
        new("shutdown-delay-seconds", "0", "on SIGTERM, how long to be unready but still serving, 0 to 300"),
        new("log-level", "info",
            "debug (every review), info (every skip), warn or error; one line each on standard error"),
    ];
}

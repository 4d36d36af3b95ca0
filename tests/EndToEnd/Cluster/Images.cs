namespace NodeDns.EndToEnd.Cluster;

/// <summary>
/// The images under test, and the one of the pods that ask. On the cluster of eng/cluster they are imported; for any
/// other, name them in these variables.
/// </summary>
internal static class Images
{
    public static string Webhook { get; } = Named("NODEDNS_WEBHOOK_IMAGE", "localhost/node-dns-webhook:dev");

    public static string Cache { get; } = Named("NODEDNS_CACHE_IMAGE", "localhost/node-dns-cache:dev");

    /// <summary>The kubectl plugin's.</summary>
    public static string Cli { get; } = Named("NODEDNS_CLI_IMAGE", "localhost/node-dns-cli:dev");

    /// <summary>busybox, with tests/EndToEnd/asker in /bin.</summary>
    public static string Busybox { get; } = Named("NODEDNS_BUSYBOX_IMAGE", "localhost/busybox:1");

    /// <summary>CoreDNS, as the cluster of eng/cluster has it.</summary>
    public static string CoreDns { get; } = Named("NODEDNS_COREDNS_IMAGE", "localhost/coredns:1");

    /// <summary>Helm arguments that make the chart use them, and those that this cluster needs (NODEDNS_HELM_ARGS).</summary>
    public static string[] AsValues() =>
    [
        "--set-string", "webhook.image.repository=" + Webhook[..Webhook.LastIndexOf(':')],
        "--set-string", "webhook.image.tag=" + Webhook[(Webhook.LastIndexOf(':') + 1)..],
        "--set-string", "cache.image.repository=" + Cache[..Cache.LastIndexOf(':')],
        "--set-string", "cache.image.tag=" + Cache[(Cache.LastIndexOf(':') + 1)..],
        "--set-string", "cli.image.repository=" + Cli[..Cli.LastIndexOf(':')],
        "--set-string", "cli.image.tag=" + Cli[(Cli.LastIndexOf(':') + 1)..],
        "--set-string", "test.image=" + Busybox,
        .. Named("NODEDNS_HELM_ARGS", "").Split(' ', StringSplitOptions.RemoveEmptyEntries),
    ];

    private static string Named(string variable, string otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } name ? name : otherwise;
}

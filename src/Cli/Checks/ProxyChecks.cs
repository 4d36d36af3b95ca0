using System.Text.RegularExpressions;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Checks;

/// <summary>Checks of what forwards Services on the nodes, usually kube-proxy.</summary>
internal static partial class ProxyChecks
{
    public static async Task ModeAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        using var map = await examination.Api.FindAsync(ApiPath.ConfigMaps.In("kube-system").Named("kube-proxy"), cancel);
        var text = string.Concat((map?.RootElement ?? default).Member("data"u8).Members.Select(member => member.Value.AsText + "\n"));
        var mode = Mode().Match(text).Groups["mode"].Value;
        var release = await examination.ReleaseAsync(cancel);
        var intercepts = release is not null && Release.Argument(release.Cache, "guard", "intercept-cluster-dns") is { Length: > 0 };
        if (mode == "ipvs" && intercepts)
        {
            findings.Add(new Finding(
                Level.Error, "kube-proxy's mode is ipvs, and guard.interceptClusterDNS is set: ipvs owns the ClusterIP on every node",
                "take guard.interceptClusterDNS out of the values, and move pods by label"));
        }

        using var cilium = await examination.Api.FindAsync(ApiPath.ConfigMaps.In("kube-system").Named("cilium-config"), cancel);
        var replaces = (cilium?.RootElement ?? default).Member("data"u8).Text("kube-proxy-replacement"u8) is "true" or "strict";
        if (replaces && intercepts)
        {
            findings.Add(new Finding(
                Level.Error, "Cilium replaces kube-proxy, and guard.interceptClusterDNS is set: lookups to the ClusterIP are forwarded before the node sees them",
                "take guard.interceptClusterDNS out of the values, and move pods by label"));
        }
    }

    [GeneratedRegex(@"^\s*mode:\s*[""']?(?<mode>[a-z]+)", RegexOptions.Multiline)]
    private static partial Regex Mode();
}

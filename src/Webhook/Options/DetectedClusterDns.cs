using NodeDns.Addresses;

namespace NodeDns.Webhook.Options;

/// <summary>The addresses of cluster DNS in a resolv.conf that kubelet has written. If kubelet already sends pods to a
/// node cache (kubeadm with IPVS, kops, kubespray), the file has that cache's address, which is left out.</summary>
/// <param name="Addresses">Empty when there are none.</param>
/// <param name="Problem">What was left out, or why there is no address, and what to set; null when there is nothing to
/// report.</param>
internal sealed record DetectedClusterDns(IReadOnlyList<string> Addresses, string? Problem)
{
    private const string WayOut =
        "give the ClusterIP of the kube-dns Service (kubectl -n kube-system get service kube-dns) as --cluster-dns, in the "
        + "chart dns.clusterDNS";

    public static DetectedClusterDns In(KubeletResolvConf conf, AddressList local)
    {
        if (!conf.IsClusterFirst)
        {
            return new DetectedClusterDns([], $"{conf.Origin}: {WayOut}");
        }

        string[] others = [.. conf.Nameservers.Where(address => !local.Contains(address))];
        string[] foreign = [.. others.Where(NodeAddress.IsOfOneNode)];
        string[] addresses = [.. others.Except(foreign)];
        if (foreign.Length > 0)
        {
            var left = $"{conf.Path} names {string.Join(',', foreign)}, which is link-local or loopback: another node "
                + "cache's address and not --local-address";
            return new DetectedClusterDns(
                addresses,
                addresses.Length > 0 ? $"{left}; it is not taken for cluster DNS" : $"{left}: {WayOut}");
        }
        return new DetectedClusterDns(
            addresses,
            addresses.Length > 0 ? null
                : others.Length < conf.Nameservers.Count
                    ? $"{conf.Path} names only {string.Join(',', conf.Nameservers)}, which is --local-address: kubelet "
                        + $"points pods at the node cache already: {WayOut}"
                    : $"{conf.Path} names no nameserver: {WayOut}");
    }
}

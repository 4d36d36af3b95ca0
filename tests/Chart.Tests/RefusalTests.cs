namespace NodeDns.Chart.Tests;

/// <summary>Values that cannot work are refused before anything is installed, by name.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("webhook.replicas=-1", "replicas")]
    [InlineData("webhook.timeoutSeconds=31", "timeoutSeconds")]
    [InlineData("webhook.failurePolicy=ignore", "failurePolicy")]
    [InlineData("webhok.replicas=2", "webhok")]
    [InlineData("webhook.replica=2", "replica")]
    [InlineData("selection.percent=101", "percent")]
    [InlineData("selection.mode=all", "mode")]
    [InlineData("dns.fallback=clusterDNS", "fallback")]
    [InlineData("dns.localAddresses=169.254.20.10", "localAddresses")]
    [InlineData("dns.localAddresses={node-cache}", "localAddresses")]
    [InlineData("webhook.networkPolicy.ingress=x", "ingress")]
    [InlineData("monitoring.serviceMonitor.interval=often", "interval")]
    [InlineData("tls.mode=certmanager", "mode")]
    [InlineData("cache.memory=64MB", "memory")]
    [InlineData("cache.metricsPort=70000", "metricsPort")]
    [InlineData("cache.serveStale=yes", "serveStale")]
    [InlineData("guard.exitMode=drop", "exitMode")]
    [InlineData("guard.interface=a-name-too-long-for-a-link", "interface")]
    [InlineData("guard.interface=a/b", "interface")]
    [InlineData("dns.localAddresses={999.1.1.1}", "localAddresses")]
    [InlineData("dns.localAddresses={1:2:3}", "localAddresses")]
    [InlineData("dns.clusterDomain=Cluster_Local", "clusterDomain")]
    [InlineData("cache.upstreamServers={ns.example}", "upstreamServers")]
    [InlineData("fullnameOverride=My_Name", "fullnameOverride")]
    [InlineData("fullnameOverride=1st", "fullnameOverride")]
    [InlineData("tls.existingSecret=My_Secret", "existingSecret")]
    [InlineData("webhook.priorityClassName=High Class", "priorityClassName")]
    [InlineData("webhook.podLabels.a=not a label", "podLabels")]
    [InlineData("webhook.podLabels.a/b/c=x", "podLabels")]
    [InlineData("webhook.image.tag=a b", "tag")]
    [InlineData("webhook.image.digest=sha256:abc", "digest")]
    [InlineData("webhook.pdb.maxUnavailable=half", "maxUnavailable")]
    [InlineData("webhook.pdb.maxUnavailable=-1", "maxUnavailable")]
    [InlineData("webhook.resources.limit.memory=1Gi", "resources")]
    [InlineData("webhook.resources.limits.memory=1 GB", "resources")]
    [InlineData("webhook.tolerations[0].effect=Sometimes", "tolerations")]
    [InlineData("selection.excludedNamespaces={Kube_System}", "excludedNamespaces")]
    [InlineData("selection.percentSeedLabel=a b", "percentSeedLabel")]
    [InlineData("tls.certManager.duration=0h", "duration")]
    [InlineData("cache.terminationGracePeriodSeconds=5", "terminationGracePeriodSeconds")]
    public void The_schema_names_the_value(string value, string named) =>
        Assert.Contains(named, Rendered.Refusal("--set", "dns.clusterDNS={10.96.0.10}", "--set", value),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("tls.mode=existingSecret", "tls.existingSecret is empty")]
    [InlineData("dns.localAddresses={10.96.0.10}", "the cache would ask itself")]
    [InlineData("guard.interceptClusterDNS={10.96.0.10}", "another way to cluster DNS")]
    [InlineData("guard.metricsPort=9253", "cache.metricsPort and guard.metricsPort are both 9253")]
    [InlineData("webhook.port=8080", "webhook.port and webhook.metricsPort are both 8080")]
    [InlineData("webhook.enabled=false,cache.enabled=false", "webhook.enabled and cache.enabled are both false")]
    [InlineData("webhook.replicas=0,webhook.failurePolicy=Fail", "set failurePolicy=Ignore, or more replicas")]
    [InlineData("webhook.hostNetwork=true,webhook.port=9254", "guard.metricsPort and webhook.port are both 9254")]
    [InlineData("webhook.hostNetwork=true,webhook.networkPolicy.enabled=true", "has no effect on the nodes' network")]
    [InlineData("webhook.hostNetwork=true,webhook.dnsPolicy=ClusterFirst", "leave webhook.dnsPolicy empty")]
    [InlineData("webhook.dnsPolicy=Default", "set dns.clusterDNS, dns.clusterDomain and dns.hostSearches")]
    [InlineData("webhook.updateStrategy.rollingUpdate.maxSurge=0", "no pod could be replaced")]
    [InlineData("webhook.terminationGracePeriodSeconds=5", "webhook.shutdownDelaySeconds, 5")]
    [InlineData("webhook.extraArgs={--fallback=none}", "webhook.extraArgs has --fallback=none, which the chart sets: use dns.fallback")]
    [InlineData("webhook.extraArgs={--mode}", "use selection.mode")]
    [InlineData("webhook.extraVolumes[0].name=tls", "webhook.extraVolumes has tls")]
    [InlineData("tls.existingSecret=mine", "set tls.mode=existingSecret")]
    [InlineData("tls.caBundle=PEM", "set tls.mode=existingSecret")]
    [InlineData("tls.helm.certificate=PEM", "set tls.mode=helm")]
    [InlineData("tls.mode=helm,tls.helm.certificate=PEM", "give all three, or none")]
    [InlineData("tls.mode=helm,tls.helm.certificate=x,tls.helm.privateKey=x,tls.helm.caCertificate=x", "is no PEM text")]
    [InlineData("tls.certManager.issuerRef.kind=ClusterIssuer", "tls.certManager.issuerRef has no name")]
    [InlineData("tls.mode=existingSecret,tls.existingSecret=a,tls.certManager.issuerRef.name=b", "set tls.mode=certManager")]
    [InlineData("tls.certManager.renewBefore=8760h", "lower renewBefore")]
    [InlineData("tls.certManager.caDuration=100h", "raise caDuration")]
    [InlineData("dns.localAddresses={127.0.0.1}", "an address that no pod can ask")]
    [InlineData("dns.localAddresses={fe80::1}", "an address that no pod can ask")]
    [InlineData("dns.localAddresses={169.254.20.10,169.254.20.11}", "two addresses of one family")]
    [InlineData("dns.localAddresses={fd00:20::10}", "add one such as 169.254.20.10")]
    [InlineData("dns.clusterDNSService.name=kube-dns", "give one of the two")]
    [InlineData("dns.hostSearches={none,corp.example}", "none means no domain and stands alone")]
    [InlineData("guard.exitMode=refuse,guard.flipTo={10.244.0.5}", "set guard.exitMode=flip")]
    [InlineData("guard.exitMode=flip,guard.flipTo={10.96.0.10}", "a ClusterIP does not work here")]
    [InlineData("guard.securityContext.runAsUser=1000", "leave runAsUser at 0")]
    [InlineData("guard.securityContext.capabilities.add={NET_BIND_SERVICE}", "NET_ADMIN; add it")]
    [InlineData("guard.extraArgs={--rules=off}", "use guard.rules")]
    [InlineData("cache.corefile=x,cache.serveStale=2h", "cache.serveStale (\"2h\") has no effect")]
    [InlineData("cache.corefile=x,cache.stubDomains.a={10.1.0.1}", "cache.stubDomains")]
    [InlineData("cache.memory=256Mi", "keep the limit 64Mi above cache.memory")]
    [InlineData("cache.memory=2Gi", "expected 512Ki to 1Gi")]
    [InlineData("cache.updateStrategy.rollingUpdate.maxUnavailable=1", "one of them at 0 and the other not")]
    [InlineData("cache.updateStrategy.rollingUpdate.maxSurge=0", "one of them at 0 and the other not")]
    [InlineData("cache.extraVolumes[0].name=pod", "cache.extraVolumes has pod")]
    [InlineData("cache.extraArgs={--memory=1Gi}", "use cache.memory")]
    [InlineData("cache.extraArgs={--client-metrics=off}", "use cache.clientMetrics")]
    [InlineData("monitoring.serviceMonitor.enabled=true,monitoring.podMonitor.enabled=true", "scraped twice")]
    [InlineData("monitoring.serviceMonitor.enabled=true,monitoring.serviceMonitor.interval=30s,monitoring.serviceMonitor.scrapeTimeout=1m", "lower scrapeTimeout")]
    [InlineData("monitoring.podMonitor.enabled=true,guard.metricsAddress=127.0.0.1", "Prometheus could not reach it")]
    public void Two_values_that_do_not_go_together_are_named(string value, string said) =>
        Assert.Contains(said, Rendered.Refusal("--set", "dns.clusterDNS={10.96.0.10}", "--set", value),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("1st", "set fullnameOverride")]
    public void A_release_whose_name_no_service_can_have_is_refused(string release, string said) => Assert.Contains(said,
        Rendered.RefusalOf(release, "--set", "dns.clusterDNS={10.96.0.10}"), StringComparison.Ordinal);

    [Fact]
    public void A_release_with_dots_in_its_name_gets_names_without() => Assert.Equal("team-a-dns-webhook",
        Rendered.OfRelease("team.a.dns").All("Service").Select(s => s.Text("metadata.name")).Single(n => n.EndsWith("webhook", StringComparison.Ordinal)));

    [Fact]
    public void Match_conditions_are_refused_where_the_cluster_has_none()
    {
        var run = Rendered.RefusalFor("1.27.3", "--set", "dns.clusterDNS={10.96.0.10},selection.matchConditions=true");
        Assert.Contains("leave matchConditions at auto", run, StringComparison.Ordinal);
    }
}

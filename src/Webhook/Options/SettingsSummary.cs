using System.Security.Cryptography;
using System.Text;
using NodeDns.Injection.Decide;

namespace NodeDns.Webhook.Options;

/// <summary>The settings that decide what pods get, in one line, and a fingerprint of them. Replicas on nodes with
/// different resolv.conf files differ in it, which one PromQL expression shows.</summary>
internal sealed class SettingsSummary
{
    public SettingsSummary(WebhookOptions options)
    {
        (var dns, var selection) = options.Injection;
        Text = string.Create(null,
            $"local-address={Join(dns.LocalAddresses)} cluster-dns={Join(dns.ClusterDns)} "
            + $"cluster-domain={(dns.ClusterDomain.Length > 0 ? dns.ClusterDomain : "none")} "
            + $"host-searches={Join(dns.HostSearches)} fallback={dns.Fallback.Name()} "
            + $"options={Join([.. dns.Options.Select(option => option.ToString())])} "
            + $"max-searches={dns.Limits.MaxSearches} max-search-chars={dns.Limits.MaxSearchChars} "
            + $"allow-underscore-searches={dns.Limits.AllowUnderscores} mode={selection.Mode.Name()} "
            + $"excluded-namespaces={Join(selection.ExcludedNamespaces)} compat-label={selection.CompatLabel} "
            + $"percent={selection.Percent} percent-seed-label={selection.PercentSeedLabel ?? "none"} "
            + $"inject-host-network={selection.InjectHostNetwork} "
            + $"ignore-skip-rules={Join(selection.IgnoredRules.Select(rule => rule.Name()))} "
            + $"allowed-options={Join(dns.AllowedOptions)} namespace-settings={options.NamespaceSettings}");
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))[..12];
    }

    public string Text { get; }

    public string Fingerprint { get; }

    private static string Join(IReadOnlyList<string> items) => items.Count == 0 ? "none" : string.Join(',', items);

    /// <summary>Of a set, whose order means nothing.</summary>
    private static string Join(IEnumerable<string> items) => Join([.. items.Order(StringComparer.Ordinal)]);
}

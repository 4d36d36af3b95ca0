using System.Collections.Frozen;
using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>Settings as JSON, with the names of the webhook's options. The webhook shows its own at <c>/settings</c>; a
/// program that reads them there makes the same decisions.</summary>
public static class SettingsJson
{
    /// <summary>Writes the members of an object that the caller has started.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, InjectionSettings settings)
    {
        var (dns, selection) = settings;
        WriteList(writer, "local-address"u8, dns.LocalAddresses);
        WriteList(writer, "cluster-dns"u8, dns.ClusterDns);
        writer.WriteString("cluster-domain"u8, dns.ClusterDomain);
        WriteList(writer, "host-searches"u8, dns.HostSearches);
        writer.WriteString("fallback"u8, dns.Fallback.Name());
        WriteList(writer, "options"u8, dns.Options.Select(option => option.ToString()));
        WriteSet(writer, "allowed-options"u8, dns.AllowedOptions);
        writer.WriteNumber("max-searches"u8, dns.Limits.MaxSearches);
        writer.WriteNumber("max-search-chars"u8, dns.Limits.MaxSearchChars);
        writer.WriteBoolean("allow-underscore-searches"u8, dns.Limits.AllowUnderscores);
        writer.WriteString("mode"u8, selection.Mode.Name());
        WriteSet(writer, "excluded-namespaces"u8, selection.ExcludedNamespaces);
        writer.WriteBoolean("compat-label"u8, selection.CompatLabel);
        writer.WriteNumber("percent"u8, selection.Percent);
        writer.WriteString("percent-seed-label"u8, selection.PercentSeedLabel ?? "");
        writer.WriteBoolean("inject-host-network"u8, selection.InjectHostNetwork);
        WriteSet(writer, "ignore-skip-rules"u8, selection.IgnoredRules.Select(rule => rule.Name()));
    }

    /// <summary>Reads what <see cref="WriteMembers"/> has written, also in another version. A member that is missing or
    /// not understood gets its default.</summary>
    public static InjectionSettings Read(JsonElement settings)
    {
        var options = new List<ResolverOption>();
        ResolverOption.TryParseList(string.Join(',', Texts(settings, "options"u8)), options, out _);
        var dns = new DnsModel
        {
            LocalAddresses = [.. Texts(settings, "local-address"u8)],
            ClusterDns = [.. Texts(settings, "cluster-dns"u8)],
            ClusterDomain = settings.Text("cluster-domain"u8) ?? "",
            HostSearches = Texts(settings, "host-searches"u8),
            Fallback = settings.Says("fallback"u8, "none"u8) ? Fallback.None : Fallback.ClusterDns,
            Options = options,
            Limits = new ApiLimits
            {
                MaxSearches = Number(settings, "max-searches"u8, new ApiLimits().MaxSearches),
                MaxSearchChars = Number(settings, "max-search-chars"u8, new ApiLimits().MaxSearchChars),
                AllowUnderscores = settings.Member("allow-underscore-searches"u8).IsTrue,
            },
        };
        var selection = new SelectionModel
        {
            Mode = settings.Says("mode"u8, "optOut"u8) ? SelectionMode.OptOut : SelectionMode.OptIn,
            ExcludedNamespaces = Texts(settings, "excluded-namespaces"u8).ToFrozenSet(),
            CompatLabel = IsNotFalse(settings, "compat-label"u8),
            Percent = Number(settings, "percent"u8, 100),
            PercentSeedLabel = settings.Text("percent-seed-label"u8) is { Length: > 0 } label ? label : null,
            Engine = settings.Says("engine"u8, "policy"u8) ? Engine.Policy : Engine.Webhook,
            InjectHostNetwork = IsNotFalse(settings, "inject-host-network"u8),
            IgnoredRules = Enum.GetValues<SkipReason>()
                .Where(rule => Texts(settings, "ignore-skip-rules"u8).Contains(rule.Name())).ToFrozenSet(),
        };
        return new InjectionSettings(
            settings.Member("allowed-options"u8).IsArray
                ? dns with { AllowedOptions = Texts(settings, "allowed-options"u8).ToFrozenSet() }
                : dns,
            selection);
    }

    /// <summary>Sorts the values of a set, so that equal settings give equal JSON.</summary>
    private static void WriteSet(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IEnumerable<string> values) =>
        WriteList(writer, name, values.Order(StringComparer.Ordinal));

    private static void WriteList(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    private static List<string> Texts(JsonElement settings, ReadOnlySpan<byte> name) =>
        [.. settings.Member(name).Items.Select(item => item.AsText).OfType<string>()];

    private static int Number(JsonElement settings, ReadOnlySpan<byte> name, int otherwise) =>
        settings.Member(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value)
            ? value
            : otherwise;

    private static bool IsNotFalse(JsonElement settings, ReadOnlySpan<byte> name) =>
        settings.Member(name).ValueKind != JsonValueKind.False;
}

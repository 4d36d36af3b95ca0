using System.Text.Json;
using NodeDns.Addresses;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>What the API server accepts in a dnsConfig. It validates after the webhooks have run, and rejects values
/// that kubelet would only have truncated (kubernetes pkg/apis/core/validation, validatePodDNSConfig).</summary>
public sealed record ApiLimits
{
    public const int MaxNameservers = 3;

    /// <summary>The limit of an RFC 1123 subdomain. kubelet leaves out longer search domains, because glibc 2.28 aborts
    /// on them.</summary>
    public const int MaxDomainChars = 253;

    /// <summary>The limit is 32 with ExpandedDNSConfig (default since Kubernetes 1.26), 6 before.</summary>
    public int MaxSearches { get; init; } = 32;

    /// <summary>The limit for all search domains joined by spaces: 2048 with ExpandedDNSConfig, 256 before.</summary>
    public int MaxSearchChars { get; init; } = 2048;

    /// <summary>RelaxedDNSSearchValidation (default since Kubernetes 1.34) allows <c>_</c> in labels, and the domain
    /// <c>.</c>.</summary>
    public bool AllowUnderscores { get; init; }

    /// <summary>True for an address as Kubernetes 1.36 accepts it in this field: a dotted quad without leading zeros, or
    /// an IPv6 address that has no zone and is not IPv4-mapped. Older versions accept more; a pod with such an address is
    /// left alone.</summary>
    public static bool IsAddress(ReadOnlySpan<char> text)
    {
        return AddressText.TryAsWritten(text, out var address) && !address.IsIPv4MappedToIPv6;
    }

    /// <summary>True for a search domain that IsDNS1123Subdomain accepts, apart from one trailing dot.</summary>
    public static bool IsSearchDomain(ReadOnlySpan<char> text, bool allowUnderscores)
    {
        if (allowUnderscores && text is ".")
        {
            return true;
        }

        if (text is [.., '.'])
        {
            text = text[..^1];
        }

        if (text.Length is 0 or > MaxDomainChars)
        {
            return false;
        }

        var labelStart = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] != '.')
            {
                continue;
            }

            var label = text[labelStart..i];
            labelStart = i + 1;
            if (!IsLabel(label, allowUnderscores))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The first value that the API server would reject; null when there is none.</summary>
    public string? Problem(
        IReadOnlyList<string> nameservers, IReadOnlyList<string> searches, IReadOnlyList<ResolverOption> options)
    {
        if (nameservers.Count > MaxNameservers)
        {
            return $"{nameservers.Count} nameservers, at most {MaxNameservers}";
        }

        foreach (var nameserver in nameservers)
        {
            if (!IsAddress(nameserver))
            {
                return $"nameserver {Warnings.Quote(nameserver)} is no IP address";
            }
        }
        if (searches.Count > MaxSearches)
        {
            return $"{searches.Count} searches, at most {MaxSearches}";
        }

        var chars = SearchChars(searches);
        if (chars > MaxSearchChars)
        {
            return $"searches are {chars} characters, at most {MaxSearchChars}";
        }

        foreach (var search in searches)
        {
            // It is not known whether this API server accepts underscores. The pod's own domains are accepted or
            // rejected as they would be without us, and domains from other sources are checked strictly where they are
            // read.
            if (search.Length <= MaxDomainChars && !IsSearchDomain(search, allowUnderscores: true))
            {
                return $"search {Warnings.Quote(search)} is no domain name";
            }
        }
        return options.Any(option => option.Name.Length == 0) ? "an option has no name" : null;
    }

    /// <summary>The first value in a pod's own dnsConfig that the API server would reject; null when there is
    /// none.</summary>
    /// <param name="dnsConfig">Its shape has been checked. May be absent.</param>
    internal string? Problem(JsonElement dnsConfig)
    {
        return dnsConfig.IsAbsent
            ? null
            : Problem(
                Strings("nameservers"u8),
                Strings("searches"u8),
                [.. dnsConfig.Member("options"u8).Items
                    .Select(option => new ResolverOption(option.Text("name"u8) ?? "", null))]);

        List<string> Strings(ReadOnlySpan<byte> name) =>
            [.. dnsConfig.Member(name).Items.Select(item => item.AsText ?? "")];
    }

    /// <summary>The length of the search domains joined by spaces.</summary>
    public static int SearchChars(IReadOnlyList<string> searches)
    {
        var chars = Math.Max(0, searches.Count - 1);
        foreach (var search in searches)
        {
            chars += search.Length;
        }

        return chars;
    }

    /// <summary><c>[a-z0-9]([-a-z0-9]*[a-z0-9])?</c>, or relaxed: <c>_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?</c>. The API
    /// server limits only the whole name, not labels to 63 characters.</summary>
    private static bool IsLabel(ReadOnlySpan<char> label, bool allowUnderscores)
    {
        if (allowUnderscores && label is ['_', ..])
        {
            label = label[1..];
        }

        foreach (var c in label)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-' && !(allowUnderscores && c == '_'))
            {
                return false;
            }
        }
        return label is [not ('-' or '_'), ..] and [.., not ('-' or '_')];
    }
}

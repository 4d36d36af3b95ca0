namespace NodeDns.Cache.Scenarios.Differential.Files;

/// <summary>One snippet that one server takes and the other refuses.</summary>
/// <param name="CoreDns">What CoreDNS says against it; null when it takes it.</param>
/// <param name="Ours">What we say; null when we take it.</param>
internal sealed record FileDifference(Snippet Snippet, string? CoreDns, string? Ours)
{
    public override string ToString() => $"{Snippet}\n    CoreDNS: {CoreDns ?? "takes it"}\n    ours: {Ours ?? "takes it"}";
}

/// <summary>A kind of difference that is meant.</summary>
/// <param name="Heading">Its heading in docs/differences.md, where the reason stands.</param>
internal sealed record KnownFileDifference(string Heading, Func<FileDifference, bool> Explains);

/// <summary>Every kind of difference between what CoreDNS and we take; the first that explains one counts.</summary>
internal static class KnownFileDifferences
{
    public static readonly KnownFileDifference[] All =
    [
        // CoreDNS takes it.
        new("names-ascii", difference => Refused(difference, "expected a domain name") || difference.Snippet.Text.Contains("tls \"\"")
            && difference.Snippet.Directive == "forward"),
        new("negative-durations", difference => Refused(difference, "0s or more") && Words(difference).Contains("-1s")),
        new("patterns-ascii", difference => Refused(difference, "expected a regular expression in RE2 syntax", "expected a code point")
            && (difference.Snippet.Text.Contains(@"\p{") || difference.Snippet.Text.Contains(@"\x{"))),
        new("checked-when-read", difference => Refused(difference, "expected host:port or :port", "expected addresses or address:port",
            "expected an address, address:port", "expected a weight file", "weighted /nonexistent: expected a readable file", "expected a readable web configuration file",
            "expected a web configuration file", "expected a port, 0 to 65535", "expected once on each address")),
        // CoreDNS reads these, and then does not start: TransportDifferentialTests.
        new("schemes-without-a-certificate", difference => Refused(difference, "needs a certificate")),

        // We take it.
        new("newer-options", difference => Taken(difference, "read_timeout", "source_address", "fallthrough_unsupported",
            "localhost_prefix", "maxtcpqueries", "serve_stale 1h immediate", "serve_stale 1h verify 1s 30s")),
        new("spellings", difference => Taken(difference, "+5", "BADVERS", "4294967296", "rcode nxdomain", "type a", "IN a", "template in")),
        new("empty-blocks", difference => Taken(difference, "any {\n#comment\n}")),
        new("single-line-blocks", difference => Taken(difference, "cache { success 9984 30 }")),
        new("braces-warned", difference => Taken(difference, "cache 30 {")),
        new("rewrite-target-literal", difference => Taken(difference, "rewrite name a.example *.example.org")),
    ];

    private static bool Refused(FileDifference difference, params ReadOnlySpan<string> reasons)
    {
        foreach (var reason in reasons)
        {
            if (difference.Ours?.Contains(reason, StringComparison.Ordinal) == true)
            {
                return true;
            }
        }
        return false;
    }

    private static bool Taken(FileDifference difference, params ReadOnlySpan<string> texts)
    {
        foreach (var text in texts)
        {
            if (difference.Ours is null && difference.Snippet.Text.Contains(text, StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }

    private static string[] Words(FileDifference difference) => difference.Snippet.Text.Split(' ', '\n');

    public static KnownFileDifference? Of(FileDifference difference) =>
        All.FirstOrDefault(known => known.Explains(difference));
}

using NodeDns.Testing.Messages;

namespace NodeDns.Cache.Scenarios.Differential;

/// <summary>A kind of difference that is meant.</summary>
/// <param name="Heading">Its heading in docs/differences.md, where the reason stands.</param>
internal sealed record KnownDifference(string Heading, Func<Difference, bool> Explains);

/// <summary>Every kind of difference that is meant; the first that explains one counts.</summary>
internal static class KnownDifferences
{
    /// <summary>CoreDNS's smallest TTL for success and denial.</summary>
    private const uint CoreDnsMinimumTtl = 5;

    public static readonly KnownDifference[] All =
    [
        new("hit-without-aa",
            difference => difference is { Part: "flag aa", CoreDns.Aa: true, Ours.Aa: false, Repeated: true }),
        new("low-ttl-believed",
            difference => difference.Part == "answer ttl" && Kind(difference) is "ttl0" or "ttl1"
                && Ttl(difference.CoreDns!.Answer) <= CoreDnsMinimumTtl && Ttl(difference.Ours!.Answer) <= 1),
        new("denial-ttl-minimum",
            difference => difference.Part == "authority ttl" && Kind(difference) is "nodata-short" or "nx-short"
                && Ttl(difference.Ours!.Authority) <= 2),
        new("unfinished-chain-uncached",
            difference => difference is { Part: "answer ttl" or "authority ttl", Case.Type: "AAAA" }
                && Kind(difference) == "chain" && Ttl(difference.Ours!.Answer) < Ttl(difference.CoreDns!.Answer)),
        new("opt-per-hop",
            difference => difference.Part == "edns size" && difference.Ours!.Edns!.UdpSize == 1232
                && difference.CoreDns!.Edns!.UdpSize
                    == (difference.Case.EdnsVersion > 0 ? 0 : difference.Case.BufferSize ?? 1232)),
        new("badvers-with-ra",
            difference => difference is { Part: "flag ra", Ours.Ra: true, Case.EdnsVersion: > 0 }),
        new("no-question-formerr",
            difference => difference.Case.Opcode != 0 && difference.Ours!.RcodeText == "NOTIMP"),
    ];

    public static KnownDifference? Of(Difference difference) =>
        All.FirstOrDefault(known => difference.Ours is not null && difference.CoreDns is not null && known.Explains(difference));

    /// <summary>The label that chose the answer.</summary>
    private static string? Kind(Difference difference) => difference.Case.Name.Split('.').ElementAtOrDefault(1);

    private static uint Ttl(List<DnsRecord> section) => section.Count == 0 ? 0 : section.Max(record => record.TtlSeconds);
}

using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>Decides whether an answer is kept, and for how long.</summary>
internal static class CacheRules
{
    /// <summary>Decides about one answer.</summary>
    /// <param name="name">Lower-case qname.</param>
    /// <returns>null when the answer is not kept.</returns>
    public static CacheVerdict? Judge(AnswerScan answer, CacheModel cache, ReadOnlySpan<byte> name)
    {
        if (KindOf(answer) is not { } kind)
        {
            return null;
        }

        var ttl = kind switch
        {
            AnswerKind.Success => Clamp(answer.MinTtl, cache.SuccessTtlSeconds, cache.SuccessMinTtlSeconds),
            // RFC 2308 section 5: the lesser of the SOA's own TTL, which MinTtl includes, and its MINIMUM field.
            AnswerKind.Denial => Clamp(
                Math.Min(answer.MinTtl, answer.SoaMinimum), cache.DenialTtlSeconds, cache.DenialMinTtlSeconds),
            _ => cache.FailureTtlSeconds,
        };
        var disabled = kind == AnswerKind.Denial ? cache.DisableDenial : cache.DisableSuccess;
        if (kind != AnswerKind.Failure && CacheModel.IsWithinAny(name, disabled))
        {
            return null;
        }

        return new CacheVerdict(kind, ttl);
    }

    /// <summary>Classifies an answer by RFC 2308 section 2 and CoreDNS's response types; null when it must not be
    /// kept.</summary>
    public static AnswerKind? KindOf(AnswerScan answer)
    {
        if ((answer.Flags & DnsHeader.TC) != 0 || answer.Qtype is Qtype.AXFR or Qtype.IXFR)
        {
            return null;
        }

        if (answer.HasExpiredSignature)
        {
            return null;
        }

        return (Rcode)answer.Rcode switch
        {
            Rcode.NoError when answer.AnswersQtype => AnswerKind.Success,
            // NODATA, also at the end of a CNAME chain (RFC 2308 section 2.2). A CNAME chain without a SOA is not a
            // denial.
            Rcode.NoError when answer.HasAuthoritySoa && (answer.AnswerCount == 0 || answer.HasCname) =>
                AnswerKind.Denial,
            Rcode.NoError when answer is { AnswerCount: 0, HasAuthorityNs: true } => AnswerKind.Success,
            Rcode.NXDomain when answer.HasAuthoritySoa => AnswerKind.Denial,
            Rcode.ServFail or Rcode.NotImp => AnswerKind.Failure,
            _ => null,
        };
    }

    /// <summary>A TTL with the top bit set means "very long" (RFC 8767 section 4), so it is limited like any
    /// other.</summary>
    private static uint Clamp(uint ttl, uint ceiling, uint? floor) =>
        Math.Max(Math.Min(ttl, ceiling), Math.Min(floor ?? 0, ceiling));
}

/// <param name="TtlSeconds">0 means: send it with this TTL, but do not store it.</param>
internal readonly record struct CacheVerdict(AnswerKind Kind, uint TtlSeconds);

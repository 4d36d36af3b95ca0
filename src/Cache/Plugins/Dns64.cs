using System.Collections.Concurrent;
using System.Net;
using NodeDns.Corefile;
using NodeDns.Dns.Wire;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Plugins;

/// <summary>dns64: makes AAAA records from A records (RFC 6147; the addresses follow RFC 6052 section 2.2).</summary>
/// <remarks>The query path calls the three methods in this order: does dns64 apply to this query, does the AAAA answer
/// make the A records necessary, and build the answer from both. Besides counting, it has no side effects.</remarks>
internal sealed class Dns64(Dns64Config config, MetricRegistry registry)
{
    /// <summary>RFC 6147 section 5.1.7: the upper limit of the TTL when the AAAA answer had no SOA.</summary>
    private const uint TtlSecondsWithoutSoa = 600;

    private readonly ConcurrentDictionary<IPEndPoint, int> _translated = new();
    private readonly byte[] _prefix = config.Prefix.BaseAddress.GetAddressBytes();

    /// <summary>True for AAAA questions of IPv6 clients; with <c>allow_ipv4</c>, of all clients.</summary>
    public bool AppliesTo(in PluginQuery query) =>
        query.Type == Qtype.AAAA && query.Class == Qclass.IN && (config.AllowIpv4 || query.ClientAddress.Length == 16);

    /// <summary>True when the A records are needed: there is no AAAA record, but the name exists. NXDOMAIN is passed
    /// on, and other errors count as an empty answer (section 5.1.2).</summary>
    /// <param name="reply">A well-formed answer to the AAAA question.</param>
    public bool WantsA(ReadOnlySpan<byte> reply)
    {
        if (DnsHeader.Rcode(reply) == Rcode.NXDomain)
        {
            return false;
        }

        if (config.TranslateAll)
        {
            return true;
        }

        return !QuestionReader.TryRead(reply, out var question) || !HasAaaa(reply, question.End);
    }

    /// <summary>Writes the answer to the AAAA question from the answer to the A question.</summary>
    /// <param name="aaaaReply">Provides the question, and its SOA limits the TTL.</param>
    /// <param name="aReply">The answer to the A question, without OPT. Its other records are copied unchanged (section
    /// 5.3.3).</param>
    /// <param name="rdata">Scratch space: the length of the A answer and two names more.</param>
    /// <returns>Octets written; 0 when a message is malformed or the answer does not fit.</returns>
    public int Synthesize(ReadOnlySpan<byte> aaaaReply, ReadOnlySpan<byte> aReply, IPEndPoint server, Span<byte> rdata,
        Span<byte> output)
    {
        if (!QuestionReader.TryRead(aaaaReply, out var question)
            || !QuestionReader.TryRead(aReply, out var asked))
        {
            return 0;
        }

        var ttlLimit = SoaTtl(aaaaReply, question.End);
        var builder = new MessageBuilder(output, aReply, aaaaReply[DnsHeader.Length..question.End]);
        DnsHeader.SetId(output, DnsHeader.Id(aaaaReply));
        // Nobody has signed the new records (section 5.5).
        DnsHeader.SetFlags(output, (ushort)(DnsHeader.Flags(output) & ~DnsHeader.AD));

        Span<byte> owner = stackalloc byte[DnsName.MaxLength];
        Span<byte> address = stackalloc byte[16];
        var records = new RecordReader(aReply, asked.End);
        while (records.MoveNext())
        {
            if (records.Type == Qtype.OPT)
            {
                continue;
            }

            var ownerLength = DnsName.Read(aReply, records.OwnerOffset, owner, out _);
            if (records is { Section: Section.Answer, Type: Qtype.A, RdataLength: 4 })
            {
                Embed(records.Rdata, address);
                builder.Add(
                    Section.Answer,
                    owner[..ownerLength],
                    Qtype.AAAA,
                    records.Class,
                    Math.Min(records.Ttl, ttlLimit),
                    address);
                continue;
            }
            var length = Rdata.Expand(aReply, records, rdata);
            if (length < 0)
            {
                return 0;
            }

            builder.Add(
                records.Section,
                owner[..ownerLength],
                records.Type,
                records.Class,
                records.Ttl,
                rdata[..length]);
        }
        if (records.IsMalformed || builder.Overflowed)
        {
            return 0;
        }

        registry.Increment(_translated.GetOrAdd(server, static (at, registry) => registry.Counter(
            MetricNames.Dns64Translated, MetricNames.Dns64TranslatedHelp, ("server", $"dns://{at}")), registry));
        return builder.Length;
    }

    /// <summary>Writes the prefix followed by the four octets of the IPv4 address, leaving octet 8 zero (RFC 6052
    /// section 2.2).</summary>
    private void Embed(ReadOnlySpan<byte> ipv4, Span<byte> ipv6)
    {
        ipv6.Clear();
        var at = config.Prefix.PrefixLength / 8;
        _prefix.AsSpan(0, at).CopyTo(ipv6);
        foreach (var octet in ipv4)
        {
            if (at == 8)
            {
                at++;
            }

            ipv6[at++] = octet;
        }
    }

    private static bool HasAaaa(ReadOnlySpan<byte> reply, int questionEnd)
    {
        var records = new RecordReader(reply, questionEnd);
        while (records.MoveNext() && records.Section == Section.Answer)
        {
            if (records.Type == Qtype.AAAA)
            {
                return true;
            }
        }
        return false;
    }

    private static uint SoaTtl(ReadOnlySpan<byte> reply, int questionEnd)
    {
        var records = new RecordReader(reply, questionEnd);
        while (records.MoveNext())
        {
            if (records is { Section: Section.Authority, Type: Qtype.SOA })
            {
                return records.Ttl;
            }
        }
        return TtlSecondsWithoutSoa;
    }
}

using System.Buffers.Binary;
using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>Writes the query that we send upstream: the client's question with our own header and OPT.</summary>
internal static class UpstreamQuery
{
    /// <summary>The longest query without options: header, longest question, OPT.</summary>
    public const int MaxLength = DnsHeader.Length + DnsName.MaxLength + 4 + QueryEdns.EmptyOptLength;

    /// <summary>Writes the query.</summary>
    /// <remarks>
    /// RD is always set: all clients share the answer, and one that clears RD must not get a referral for the others. AD is
    /// set so that the answer tells whether it was validated, for later clients too (RFC 6840 section 5.7). Of the client's
    /// EDNS only DO is passed on, because options are hop by hop (RFC 6891 section 6.2.6).
    /// </remarks>
    /// <param name="query">The buffer: at least <see cref="MaxLength"/> octets plus the options.</param>
    /// <param name="options">EDNS options that a rewrite rule sets: code, length and data of each, one after the
    /// other.</param>
    /// <returns>The length of the query.</returns>
    public static int Write(Span<byte> query, ReadOnlySpan<byte> question, KeyFlags flags, ushort udpSize,
        ReadOnlySpan<byte> options)
    {
        query[..DnsHeader.Length].Clear();
        DnsHeader.SetFlags(query, (ushort)(DnsHeader.RD | DnsHeader.AD
            | ((flags & KeyFlags.CheckingDisabled) != 0 ? DnsHeader.CD : 0)));
        DnsHeader.SetQdCount(query, 1);
        DnsHeader.SetArCount(query, 1);
        question.CopyTo(query[DnsHeader.Length..]);
        var at = DnsHeader.Length + question.Length;
        QueryEdns.WriteEmptyOpt(query[at..], udpSize, 0, (flags & KeyFlags.DnssecOk) != 0);
        at += QueryEdns.EmptyOptLength;
        if (options.IsEmpty)
        {
            return at;
        }

        BinaryPrimitives.WriteUInt16BigEndian(query[(at - 2)..], (ushort)options.Length);
        options.CopyTo(query[at..]);
        return at + options.Length;
    }
}

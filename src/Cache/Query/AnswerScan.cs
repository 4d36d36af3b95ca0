using System.Buffers.Binary;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>Everything that one pass over an answer tells. One a worker, used again for each answer.</summary>
/// <param name="time">For the time that signatures are judged by; the machine's own when null.</param>
internal sealed class AnswerScan(TimeProvider? time = null)
{
    /// <summary>The most records that fit a message: each has at least a one-octet owner and ten octets behind it.
    /// </summary>
    private const int MaxRecords = ushort.MaxValue / 11;

    private readonly ushort[] _ttlOffsets = new ushort[MaxRecords];
    private readonly NamePlaces _places = new();
    private int _ttlCount;
    private bool _hasRecordsBehindOpt;

    public Qtype Qtype { get; private set; }

    public ushort Flags { get; private set; }

    /// <summary>All twelve bits, the OPT record's included.</summary>
    public int Rcode { get; private set; }

    /// <summary>Offset of the first octet after the last record but the OPT record, which is hop by hop.</summary>
    public int End { get; private set; }

    public int AnswerCount { get; private set; }

    public int AuthorityCount { get; private set; }

    public int AdditionalCount { get; private set; }

    /// <summary>Seconds; the least of all records. <see cref="uint.MaxValue"/> without any.</summary>
    public uint MinTtl { get; private set; }

    /// <summary>The answer section holds a record of the type asked for.</summary>
    public bool AnswersQtype { get; private set; }

    public bool HasCname { get; private set; }

    public bool HasAuthorityNs { get; private set; }

    public bool HasAuthoritySoa { get; private set; }

    /// <summary>MINIMUM of the authority section's SOA, in seconds (RFC 2308 section 4).</summary>
    public uint SoaMinimum { get; private set; }

    /// <summary>The answer is one to a question with DO, and a signature in it is not valid yet or no more (RFC 4034 section
    /// 3.1.5).</summary>
    public bool HasExpiredSignature { get; internal set; }

    /// <summary>Offsets in the message of the TTL fields up to <see cref="End"/>.</summary>
    public ReadOnlySpan<ushort> TtlOffsets => _ttlOffsets.AsSpan(0, _ttlCount);

    /// <summary>Reads a whole answer.</summary>
    /// <param name="questionEnd">Offset of the first octet after the question.</param>
    /// <returns>false when it is malformed.</returns>
    public bool TryRead(ReadOnlySpan<byte> message, int questionEnd, Qtype qtype)
    {
        Qtype = qtype;
        Flags = DnsHeader.Flags(message);
        Rcode = Flags & DnsHeader.RcodeMask;
        End = questionEnd;
        MinTtl = uint.MaxValue;
        _ttlCount = AnswerCount = AuthorityCount = AdditionalCount = 0;
        AnswersQtype = HasCname = HasAuthorityNs = HasAuthoritySoa = HasExpiredSignature = false;
        _hasRecordsBehindOpt = false;
        bool behindOpt = false, dnssecOk = false;

        var records = new RecordReader(message, questionEnd, _places);
        while (records.MoveNext())
        {
            if (records.Type == Qtype.OPT)
            {
                if (records.Section != Section.Additional)
                {
                    return false;
                }

                var edns = QueryEdns.Parse(message, records.TtlOffset - 4);
                Rcode |= edns.ExtendedRcode << 4;
                dnssecOk = edns.DnssecOk;
                behindOpt = true;
            }
            else
            {
                _hasRecordsBehindOpt |= behindOpt;
                Note(records);
            }
        }
        HasExpiredSignature &= dnssecOk;
        return !records.IsMalformed;
    }

    /// <summary>Copies the answer just read, without its OPT record.</summary>
    /// <returns>false when it does not fit.</returns>
    public bool TryTake(ReadOnlySpan<byte> message, int questionEnd, Span<byte> answer)
    {
        if (!_hasRecordsBehindOpt)
        {
            message[..End].CopyTo(answer);
            Rewrite(answer, null);
            return true;
        }
        // RFC 6891 section 6.1.1: it may stand anywhere in its section, and what is behind it moves.
        var length = WithoutOpt.Copy(message, questionEnd, answer);
        return length > 0 && TryReadRestored(answer[..length], questionEnd, Qtype);
    }

    /// <summary>Reads what has become of the answer just read. Its OPT record is gone, and its signatures may be: what they
    /// said stands.</summary>
    /// <returns>false when it is malformed.</returns>
    public bool TryReadRestored(ReadOnlySpan<byte> message, int questionEnd, Qtype qtype)
    {
        var extendedRcode = Rcode & ~DnsHeader.RcodeMask;
        var hasExpiredSignature = HasExpiredSignature;
        var isRead = TryRead(message, questionEnd, qtype);
        Rcode |= extendedRcode;
        HasExpiredSignature = hasExpiredSignature;
        return isRead;
    }

    /// <summary>Writes one TTL into every record and the section counts without OPT into the header.</summary>
    public void Rewrite(Span<byte> message, uint? ttlSeconds)
    {
        DnsHeader.SetArCount(message, AdditionalCount);
        if (ttlSeconds is not { } ttl)
        {
            return;
        }

        foreach (var offset in TtlOffsets)
        {
            BinaryPrimitives.WriteUInt32BigEndian(message[offset..], ttl);
        }
    }

    /// <summary>The TTL offsets counted from <paramref name="questionEnd"/>, as the store keeps them. Call it last: it
    /// changes <see cref="TtlOffsets"/>.</summary>
    public ReadOnlySpan<ushort> TakeRelativeTtlOffsets(int questionEnd)
    {
        var offsets = _ttlOffsets.AsSpan(0, _ttlCount);
        foreach (ref var offset in offsets)
        {
            offset -= (ushort)questionEnd;
        }

        return offsets;
    }

    private void Note(in RecordReader record)
    {
        End = record.End;
        _ttlOffsets[_ttlCount++] = (ushort)record.TtlOffset;
        MinTtl = Math.Min(MinTtl, record.Ttl);
        if (record.Type == Qtype.RRSIG)
        {
            HasExpiredSignature |= !IsInTime(record.Rdata);
        }

        switch (record.Section)
        {
            case Section.Answer:
                AnswerCount++;
                AnswersQtype |= record.Type == Qtype || Qtype == Qtype.ANY;
                HasCname |= record.Type == Qtype.CNAME;
                break;
            case Section.Authority:
                AuthorityCount++;
                HasAuthorityNs |= record.Type == Qtype.NS;
                if (record.Type != Qtype.SOA)
                {
                    break;
                }

                HasAuthoritySoa = true;
                SoaMinimum = BinaryPrimitives.ReadUInt32BigEndian(record.Rdata[^4..]);
                break;
            default:
                AdditionalCount++;
                break;
        }
    }

    /// <summary>Wire: octets 8-11 of the RDATA are the expiration, 12-15 the inception, compared as serial numbers (RFC 4034
    /// section 3.1.5).</summary>
    private bool IsInTime(ReadOnlySpan<byte> rrsig)
    {
        if (rrsig.Length < 16)
        {
            return true;
        }

        var now = (uint)(time ?? TimeProvider.System).GetUtcNow().ToUnixTimeSeconds();
        return (int)(BinaryPrimitives.ReadUInt32BigEndian(rrsig[8..]) - now) >= 0
            && (int)(now - BinaryPrimitives.ReadUInt32BigEndian(rrsig[12..])) >= 0;
    }
}
